# SPDX-License-Identifier: GPL-2.0-or-later
# about: TCP and UDP over loopback, connections opened, filled and closed
# mem: 1024

prepare()
{
	true
}

run()
{
	/pageman/bin/tcp 4000 1
}
