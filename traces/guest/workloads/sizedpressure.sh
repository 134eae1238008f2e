# SPDX-License-Identifier: GPL-2.0-or-later
# about: kernel requests of odd sizes in memory nearly full of anonymous and file pages, reclaim at work
# mem: 512
# buffer: 96
# disk: 512

prepare()
{
	mkdir -p /disk && mount -t ext4 /dev/vda /disk && mkdir -p /disk/a
}

run()
{
	/pageman/bin/hog 48 6000 1 whole /tmp/full &
	hog=$!
	while [ ! -e /tmp/full ]; do
		sleep 0.1
	done
	/pageman/bin/files /disk/a 1500 3 &
	files=$!
	for round in 1 2 3 4 5 6; do
		echo "$round 2000 600" >/sys/kernel/debug/pageman_recorder/sized || return 1
	done
	wait $files
	kill $hog
}
