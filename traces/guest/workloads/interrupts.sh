# SPDX-License-Identifier: GPL-2.0-or-later
# about: high-order requests under pressure while a timer's interrupts allocate and free inside of everything
# mem: 512
# buffer: 112

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
	echo "1 1000 300" >/sys/kernel/debug/pageman_recorder/interrupts || return 1
	for round in 1 2 3; do
		echo "$round 2500 400" >/sys/kernel/debug/pageman_recorder/sized || return 1
		/pageman/bin/frag 16 46000 huge "$round"
	done
	echo "0 0 0" >/sys/kernel/debug/pageman_recorder/interrupts
	kill $hog
}
