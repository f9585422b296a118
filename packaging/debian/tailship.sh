#!/bin/sh
exec /usr/lib/tailship/bin/node /usr/lib/tailship/dist/main.js "$@"
