#!/usr/bin/awk -f
# SPDX-License-Identifier: MIT
# The table of tests/bench/table.awk as a picture: for each operation how many instructions Debian's Xen
# and Xenolith execute, relative to the bare kernel; to Debian's Xen where there is none. SVG.
# Usage: plot.awk table.md >FILE.svg

BEGIN {
    FS = " *\\| *"
    LEFT = 290
    UNIT = 110          # pixels for a ratio of 1
    MOST = 5            # longer bars are cut, and say so by their number
    ROW = 30
    TOP = 58
}

# A row with a ratio: "1 : 3.28 : 3.06" or "– : 1 : 0.40".
$6 ~ / : / {
    split($6, r, " : ")
    name[++rows] = $2
    native[rows] = r[1] == "1"
    xen[rows] = r[2]
    xenolith[rows] = r[3]
}

function text(x, y, anchor, what)
{
    gsub(/&/, "\\&amp;", what)
    gsub(/</, "\\&lt;", what)
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, what
}

function rectangle(x, y, width, height, class)
{
    printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" class=\"%s\"/>\n", \
        x, y, width, height, class
}

function bar(y, ratio, class,    shown)
{
    shown = ratio > MOST ? MOST : ratio
    rectangle(LEFT, y, shown * UNIT, 10, class)
    text(LEFT + shown * UNIT + 5, y + 9, "start", ratio)
}

function legend(x, class, what)
{
    rectangle(x, 30, 14, 10, class)
    text(x + 20, 39, "start", what)
}

END {
    width = LEFT + MOST * UNIT + 60
    height = TOP + rows * ROW + 20
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\"" \
        " font-size=\"11\">\n", width, height
    print "<style>.xen{fill:#999}.xenolith{fill:#27c}.line{stroke:#bbb}.paper{fill:#fff}</style>"
    rectangle(0, 0, width, height, "paper")
    text(LEFT, 18, "start", "instructions executed, or KiB and MiB, relative to the bare kernel (* to Debian's Xen 4.17)")
    legend(LEFT, "xen", "Debian's Xen 4.17, xl")
    legend(LEFT + 180, "xenolith", "Xenolith, xm")
    for (i = 0; i <= MOST; i++)
        printf "<line class=\"line\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n", \
            LEFT + i * UNIT, LEFT + i * UNIT, TOP - 8, height - 12
    for (i = 1; i <= rows; i++) {
        y = TOP + (i - 1) * ROW
        text(LEFT - 8, y + 14, "end", name[i] (native[i] ? "" : " *"))
        bar(y, xen[i], "xen")
        bar(y + 11, xenolith[i], "xenolith")
    }
    print "</svg>"
}
