# SPDX-License-Identifier: GPL-2.0-or-later
# about: high-order kernel requests against fragmented memory: compaction, stealing, huge pages
# mem: 512
# buffer: 96

prepare()
{
	echo always >/sys/kernel/mm/transparent_hugepage/enabled
	echo always >/sys/kernel/mm/transparent_hugepage/defrag
}

run()
{
	/pageman/bin/hog 12 0 1 holes /tmp/full &
	hog=$!
	while [ ! -e /tmp/full ]; do
		sleep 0.1
	done
	for round in 1 2 3 4; do
		echo "$round 3500 400" >/sys/kernel/debug/pageman_recorder/sized || return 1
		/pageman/bin/frag 16 55000 huge "$round"
	done
	kill $hog
}
