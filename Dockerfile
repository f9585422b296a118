# The agent as a sidecar. It runs with a read-only root file system and needs two places from outside:
#   /var/log/app       the application's logs, read only
#   /var/lib/tailship  its spool, kept over restarts
#
#   docker build -t tailship .
#   docker run --read-only -v applogs:/var/log/app:ro -v tailship:/var/lib/tailship \
#     -e TAILSHIP_SYSLOG_TARGET=tcp://syslog.example:514 tailship
#
# A configuration file is mounted to /etc/tailship/config.conf. The logs must be readable by the user 1000 (node), or by a
# group that --group-add names. packaging/compose has it with an application and rsyslog, packaging/kubernetes for a cluster.

FROM node:26-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:26-slim
LABEL org.opencontainers.image.title="tailship" \
  org.opencontainers.image.description="Follows log files through every rotation and ships them as syslog" \
  org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
# The allocator keeps less for V8's threads.
ENV MALLOC_ARENA_MAX=2
WORKDIR /opt/tailship
COPY --from=build /src/package.json /src/config.conf.example /src/README.md /src/CHANGELOG.md /src/LICENSE ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
RUN ln -s /opt/tailship/dist/main.js /usr/local/bin/tailship \
  && install -d -o node -g node -m 0750 /var/log/app /var/lib/tailship
# A folder of the agent's own: `tailship` without -c looks for ./config.conf first.
WORKDIR /var/lib/tailship
USER node
VOLUME ["/var/log/app", "/var/lib/tailship"]
STOPSIGNAL SIGTERM
# Asks over the control socket, so that it works without an HTTP port too. An agent whose server is away is well: it spools.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s CMD ["node", "/opt/tailship/dist/main.js", "status", "--json"]
# Exec form: node is process 1, so SIGTERM reaches the agent, which delivers or spools what is under way and ends.
ENTRYPOINT ["node", "/opt/tailship/dist/main.js"]
CMD ["run"]
