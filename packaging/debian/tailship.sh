#!/bin/sh
# The allocator keeps less for V8's threads.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
exec /usr/lib/tailship/bin/node /usr/lib/tailship/dist/main.js "$@"
