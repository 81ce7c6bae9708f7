FROM rust:1.95-slim-bookworm AS build
# SQLite is compiled from its C source.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build

# The dependencies, in a layer that lasts until the manifest or the lock file changes. Tests and benches are not
# copied, so the manifest here does without them.
COPY Cargo.toml Cargo.lock ./
RUN sed -i '/^\[\[\(bench\|example\|test\)\]\]/,/^$/d' Cargo.toml \
 && mkdir src \
 && echo 'fn main() {}' > src/main.rs \
 && touch src/lib.rs \
 && cargo build --release --locked

# The seed, the migrations and the dashboard are compiled in.
COPY data data
COPY migrations migrations
COPY static static
COPY build.rs .
COPY src src
# Copied files may be older than the stand-ins that were just built.
RUN touch src/main.rs src/lib.rs \
 && cargo build --release --locked

FROM debian:bookworm-slim
RUN useradd --system --user-group --uid 10001 --home-dir /data --shell /usr/sbin/nologin epochcast \
 && install --directory --owner=epochcast --group=epochcast /data
COPY --from=build /build/target/release/epochcast /usr/local/bin/epochcast
COPY LICENSE-APACHE LICENSE-MIT NOTICE /usr/share/doc/epochcast/

# By number: who runs it can see that it is not root.
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV EPOCHCAST_LISTEN=0.0.0.0:8080 \
    EPOCHCAST_DATABASE_URL=sqlite:///data/epochcast.db
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s CMD ["epochcast", "healthcheck"]
ENTRYPOINT ["epochcast"]
CMD ["serve"]
