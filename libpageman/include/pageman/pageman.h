/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The trimming core: what happens to a request that is not a power of two.
 *
 * Role: everything, in one include. Freestanding: no libc, no floating point, no globals, no allocation; the same
 * sources serve programs, tests and the kernel module. What the core needs from its surroundings is the header
 * pageman_port.h of whoever builds it; libpageman/README.md lists the needs.
 */
#ifndef PAGEMAN_PAGEMAN_H
#define PAGEMAN_PAGEMAN_H

#include <pageman/error.h>
#include <pageman/ledger.h>
#include <pageman/run.h>
#include <pageman/stash.h>
#include <pageman/trim.h>

#endif
