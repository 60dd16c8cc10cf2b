#!/bin/bash
# SPDX-License-Identifier: MIT
# In Domain0 on four CPUs time never goes backwards, from one CPU to another neither, and keeps pace with the
# machine's own clock to within 100 ppm over a minute; by each of the kernel's ways to read it.
# WHERE: host

set -eu
OUT=build/long-clocks
mkdir -p "$OUT"
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -pthread -o "$OUT/clocks" tests/long/clocks.c
cat >"$OUT/script" <<'SCRIPT'
#!/bin/bash
SOURCES=/sys/devices/system/clocksource/clocksource0
case " $(cat $SOURCES/available_clocksource) " in *" xen "*) ;; *) echo "no clock source xen"; exit 1 ;; esac
for source in xen tsc; do
    echo $source >$SOURCES/current_clocksource 2>/dev/null
    [ "$(cat $SOURCES/current_clocksource)" = $source ] || continue
    echo "clock source $source"
    clocks 4 60 || exit 1
done
SCRIPT
tests/machine/dom0 --xen "${XEN:-ours}" --tools none --mem 1024 --dom0-mem 512 --smp 4 --timeout 900 \
    --log build/logs/14-clocks.console --add "$OUT/clocks:/usr/bin/clocks" "$OUT/script"
