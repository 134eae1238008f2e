# SPDX-License-Identifier: GPL-2.0-or-later
# about: file churn on tmpfs and on ext4: create, copy, append, unpack, delete
# mem: 1536
# disk: 256

prepare()
{
	mkdir -p /ram /disk && mount -t tmpfs tmpfs /ram && mount -t ext4 /dev/vda /disk
}

run()
{
	/pageman/bin/files /ram 9500 1 && /pageman/bin/files /disk 7500 2 &&
		/pageman/bin/files /ram 4500 3 && /pageman/bin/files /disk 3500 4
}
