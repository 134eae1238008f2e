# SPDX-License-Identifier: GPL-2.0-or-later
# One interface target carries the warnings; every target of ours links it.
add_library(pageman_flags INTERFACE)
target_compile_options(pageman_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wpointer-arith -Wwrite-strings -Wundef -Wvla
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition>)
if(PAGEMAN_SANITIZE)
  target_compile_options(pageman_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(pageman_flags INTERFACE -fsanitize=address,undefined)
endif()
if(PAGEMAN_FUZZ)
  target_compile_options(pageman_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# What the two libraries under test link besides. Their counters are no state of ours, so layering tests pass them by.
add_library(pageman_counted INTERFACE)
if(PAGEMAN_COVERAGE)
  target_compile_options(pageman_counted INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(pageman_counted INTERFACE -fprofile-instr-generate)
endif()
