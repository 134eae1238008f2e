# SPDX-License-Identifier: GPL-2.0-or-later
# about: high-order kernel requests against fragmented memory: compaction, stealing, huge pages
# mem: 512
# buffer: 128

prepare()
{
	mkdir -p /ram && mount -t tmpfs -o size=100% tmpfs /ram
	echo always >/sys/kernel/mm/transparent_hugepage/enabled
	echo always >/sys/kernel/mm/transparent_hugepage/defrag
}

run()
{
	/pageman/bin/frag 120 120000 small 1 &
	frag=$!
	/pageman/bin/files /ram 2500 2 &
	files=$!
	for round in 1 2 3 4; do
		echo "$round 3000 250" >/sys/kernel/debug/pageman_recorder/sized || return 1
		/pageman/bin/frag 60 30000 huge "$round"
	done
	wait $files
	wait $frag
}
