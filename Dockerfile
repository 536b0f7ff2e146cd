FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
# /app is what will run, /build only makes the wheel.
RUN python -m venv --without-pip /app \
    && python -m venv --without-pip /build \
    && pip --python /app/bin/python install --no-cache-dir --only-binary :all: --require-hashes -r requirements.lock \
    && pip --python /build/bin/python install --no-cache-dir --only-binary :all: --require-hashes -r requirements-build.lock
COPY LICENSE README.md manifest.json pyproject.toml ./
COPY saleor_kupikupi saleor_kupikupi
COPY saleor_kupikupi_sandbox saleor_kupikupi_sandbox
RUN /build/bin/python -m hatchling build -t wheel -d /wheel \
    && pip --python /app/bin/python install --no-cache-dir --no-deps --no-index /wheel/*.whl

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /data kupikupi \
    && install -d -o kupikupi -g kupikupi -m 0700 /data
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ENV=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATABASE_URL=sqlite:////data/saleor-kupikupi.db
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
# For `serve`; start `worker` and `migrate` without it (--no-healthcheck).
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health/live', timeout=2)"]
ENTRYPOINT ["saleor-kupikupi"]
CMD ["serve"]
