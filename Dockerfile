# The product in an environment of its own, without the tools that made it.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python3 -m venv tools && tools/bin/pip install --no-cache-dir uv==0.13.9
COPY requirements.lock ./
RUN python3 -m venv --without-pip /opt/tingfeng \
    && tools/bin/uv pip install --no-cache --compile-bytecode --python /opt/tingfeng/bin/python --require-hashes --requirements requirements.lock
COPY . ./
RUN tools/bin/uv pip install --no-cache --compile-bytecode --python /opt/tingfeng/bin/python --no-deps --no-build-isolation .

FROM python:3.13-slim
COPY --from=build /opt/tingfeng /opt/tingfeng
RUN install --directory --owner=10001 --group=10001 /data
ENV PATH=/opt/tingfeng/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TINGFENG_DATA_DIR=/data \
    TINGFENG_CONFIG_FILE=/data/tingfeng.yaml
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/api/v1/health', timeout=5)"]
CMD ["tingfeng", "serve", "--host", "0.0.0.0"]
