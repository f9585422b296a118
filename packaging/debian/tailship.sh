#!/bin/sh
exec /usr/lib/tailship/bin/node --max-semi-space-size=4 /usr/lib/tailship/dist/main.js "$@"
