# By digest, so that two builds of one source have the same base: `make base-images` takes today's of the same tag.
ARG PYTHON=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

# What changes with requirements.lock.
FROM ${PYTHON} AS dependencies
COPY requirements.lock /src/
RUN python -m venv --without-pip /app \
    && pip --python /app/bin/python install --no-cache-dir --only-binary :all: --require-hashes -r /src/requirements.lock

# What changes with the source: /staged holds the app alone, laid out as it will lie over its dependencies.
FROM dependencies AS app
WORKDIR /src
COPY requirements-build.lock ./
RUN python -m venv --without-pip /build \
    && pip --python /build/bin/python install --no-cache-dir --only-binary :all: --require-hashes -r requirements-build.lock
COPY LICENSE README.md manifest.json pyproject.toml ./
COPY saleor_kupikupi saleor_kupikupi
COPY saleor_kupikupi_sandbox saleor_kupikupi_sandbox
RUN /build/bin/python -m hatchling build -t wheel -d /wheel \
    && pip --python /app/bin/python install --no-cache-dir --no-deps --no-index --root /staged /wheel/*.whl

FROM ${PYTHON}
RUN pip uninstall --yes --root-user-action ignore pip \
    && groupadd --system --gid 10001 kupikupi \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /data kupikupi \
    && install -d -o kupikupi -g kupikupi -m 0700 /data
COPY --from=dependencies /app /app
COPY --from=app /staged/app /app
ENV PATH=/app/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ENV=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATABASE_URL=sqlite:////data/saleor-kupikupi.db \
    WORKER_BEAT_FILE=/tmp/worker.beat
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
# For `serve`; a `worker` is asked with `health --worker`, and `migrate` not at all. Podman keeps it in an image of the
# format docker alone.
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 CMD ["saleor-kupikupi", "health"]
ENTRYPOINT ["saleor-kupikupi"]
CMD ["serve"]
