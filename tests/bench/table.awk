#!/usr/bin/awk -f
# SPDX-License-Identifier: MIT
# One table from what tests/bench/run left in `dir`: a row for each operation, in the order in which the
# fullest system reported them; of times the shortest. Usage: table.awk -v dir=DIRECTORY

function read_system(s, kind,    file, line, t)
{
    file = dir "/" s "." kind ".tsv"
    while ((getline line <file) > 0) {
        split(line, t, "\t")
        if (!(t[1] in seen)) {
            seen[t[1]]
            row[++rows] = t[1]
        }
        if (t[2] != "ns" || !((t[1], t[2], s) in value) || t[3] < value[t[1], t[2], s])
            value[t[1], t[2], s] = t[3]
        if (t[2] ~ /iB$/)
            unit[t[1]] = t[2]
    }
    close(file)
}

function number(n)
{
    if (n == "")
        return "–"
    if (n >= 1e9)
        return sprintf("%.2f G", n / 1e9)
    if (n >= 1e6)
        return sprintf("%.2f M", n / 1e6)
    if (n >= 1e4)
        return sprintf("%.1f k", n / 1e3)
    return sprintf("%.0f", n)
}

function small(n)
{
    return n == "" ? "–" : n >= 100 ? sprintf("%.0f", n) : sprintf("%.1f", n)
}

function cr3(name)
{
    return small(value[name, "cr3", "native"]) " : " small(value[name, "cr3", "stock"]) " : " \
        small(value[name, "cr3", "ours"])
}

# native : Xen : Xenolith, of which native is 1, or Xen where there is no native.
function ratios(name, kind,    n, x, o, base)
{
    n = value[name, kind, "native"]
    x = value[name, kind, "stock"]
    o = value[name, kind, "ours"]
    base = n != "" ? n : x
    if (base + 0 == 0 || x == "" || o == "")
        return ""
    return (n != "" ? "1" : "–") " : " (n != "" ? sprintf("%.2f", x / base) : "1") " : " \
        sprintf("%.2f", o / base)
}

function operation(name)
{
    printf "| %s | %s | %s | %s | %s | %s | %s |\n", name,
        number(value[name, "instructions", "native"]), number(value[name, "instructions", "stock"]),
        number(value[name, "instructions", "ours"]), ratios(name, "instructions"),
        cr3(name), ratios(name, "ns")
}

function memory(name, u)
{
    printf "| %s, %s | – | %s | %s | %s | | |\n", name, u, value[name, u, "stock"], \
        value[name, u, "ours"], ratios(name, u)
}

BEGIN {
    split("ours stock native", systems, " ")
    for (i = 1; i <= 3; i++) {
        read_system(systems[i], "counts")
        for (round = 1; round <= 3; round++)
            read_system(systems[i], "times." round)
    }
    print "| instructions for one | native | Xen 4.17, xl | Xenolith, xm | ratio | CR3 writes | " \
        "ratio of times |"
    print "|---|---:|---:|---:|---:|---:|---:|"
    for (i = 1; i <= rows; i++)
        if (row[i] in unit)
            memory(row[i], unit[row[i]])
        else
            operation(row[i])
}
