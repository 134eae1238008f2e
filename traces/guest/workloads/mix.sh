# SPDX-License-Identifier: GPL-2.0-or-later
# about: file churn, fork storm and fragmenter side by side
# mem: 1536

prepare()
{
	mkdir -p /ram && mount -t tmpfs tmpfs /ram
	/pageman/bin/holes 400 /tmp/holes 7 &
	while [ ! -e /tmp/holes ]; do
		sleep 0.1
	done
}

run()
{
	/pageman/bin/files /ram 9000 1 &
	files=$!
	/pageman/bin/forks 1500 8 2 &
	forks=$!
	/pageman/bin/frag 200 150000 small 3
	wait $files && wait $forks
}
