# SPDX-License-Identifier: GPL-2.0-or-later
# about: a storm of short processes that copy pages, map a little and exit or execute, no huge pages
# mem: 1024

prepare()
{
	echo never >/sys/kernel/mm/transparent_hugepage/enabled
	/pageman/bin/holes 400 /tmp/holes 7 &
	while [ ! -e /tmp/holes ]; do
		sleep 0.1
	done
}

run()
{
	/pageman/bin/forks 2600 12 1
}
