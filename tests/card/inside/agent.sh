#!/bin/sh
# Not part of the card.  Obeys the boot test on a serial port: each line is a number and a
# command of the shell in base64; the answer is DONE, the number, its exit code, its output.
set -u
[ -c "$1" ] || exit 1
stty -F "$1" raw -echo 115200 || exit 1
exec 3<>"$1"
echo >&3 # what the driver said while it looked for its port ends here
echo "HOOK $(cat /proc/sys/kernel/random/boot_id)" >&3
while read -r number command <&3; do
    output=$(echo "$command" | base64 -d | /bin/sh 2>&1)
    code=$?
    echo "DONE $number $code $(printf %s "$output" | base64 -w0)" >&3
done
