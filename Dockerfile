# syntax=docker/dockerfile:1
# Gatehouse with the example app. For an app of your own: mount it at /app, or begin your Dockerfile with this image and
# COPY it there. `import 'mcp-gatehouse'` and `import 'zod'` work from /app without an install.

FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY providers providers
COPY test/contracts test/contracts
RUN npm run build && chmod 0755 dist/src/main.js

FROM node:24-slim AS packages
WORKDIR /packages
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 GATEHOUSE_DIR=/data NODE_OPTIONS=--disable-warning=ExperimentalWarning
WORKDIR /opt/gatehouse
COPY --from=packages /packages/node_modules node_modules
COPY --from=build /build/package.json package.json
COPY --from=build /build/dist dist
COPY deploy/probe.mjs probe.mjs
COPY deploy/server.mjs /app/server.mjs
# What is in /app finds the packages on its way up, also where all of /app is mounted.
RUN mkdir -p /node_modules \
 && ln -s /opt/gatehouse /node_modules/mcp-gatehouse \
 && ln -s /opt/gatehouse/node_modules/zod /node_modules/zod \
 && ln -s /opt/gatehouse/dist/src/main.js /usr/local/bin/gatehouse \
 && install -d -o node -g node -m 0700 /data
USER node
VOLUME /data
EXPOSE 3000
# The process answers. Whether it should be sent traffic is asked by whoever sends it: probe.mjs readyz.
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 CMD ["node", "/opt/gatehouse/probe.mjs", "healthz"]
STOPSIGNAL SIGTERM
WORKDIR /app
ENTRYPOINT ["gatehouse"]
CMD ["serve", "/app/server.mjs"]
