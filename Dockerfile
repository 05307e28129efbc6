# Without here-documents, which buildah before 1.33 cannot read, and without a frontend that must be fetched first.
FROM docker.io/library/python:3.12-slim-bookworm AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1
WORKDIR /build
COPY requirements-uv.lock requirements-image.lock ./
RUN python -m venv /opt/tools \
 && /opt/tools/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements-uv.lock \
 && python -m venv --without-pip /opt/sfdify \
 && /opt/tools/bin/uv pip sync --no-cache --require-hashes --python /opt/sfdify/bin/python requirements-image.lock
RUN printf '%s\n' '#!/opt/sfdify/bin/python' 'import sys' '' 'from api.cli import main' '' \
    'if __name__ == "__main__":' '    sys.exit(main())' > /opt/sfdify/bin/sfdify \
 && chmod 0755 /opt/sfdify/bin/sfdify

FROM docker.io/library/python:3.12-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /data --no-create-home --shell /usr/sbin/nologin sfdify \
 && install -d -m 0700 -o sfdify -g sfdify /data
COPY --from=build /opt/sfdify /opt/sfdify
COPY . /app
RUN python -m compileall -q /app
ENV PATH=/opt/sfdify/bin:$PATH PYTHONPATH=/app PYTHONUTF8=1 PYTHONUNBUFFERED=1 \
    SFDIFY_HOME=/data SFDIFY_HOST=0.0.0.0
WORKDIR /data
VOLUME /data
EXPOSE 8321
USER sfdify
ENTRYPOINT ["sfdify"]
CMD ["serve"]
