# One file, three images: --target cloud, --target edge, --target sim.
FROM python:3.13-slim AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN useradd --system --create-home --home-dir /var/lib/barback barback
COPY contract/ contract/

FROM base AS assets
COPY requirements/demo.txt requirements/
RUN pip install --require-hashes -r requirements/demo.txt
COPY cloud/dashboard/assets/ cloud/dashboard/assets/
RUN cd cloud/dashboard/assets && npm ci --ignore-scripts && npm run build

FROM base AS cloud
COPY requirements/cloud.txt requirements/
RUN pip install --require-hashes -r requirements/cloud.txt
COPY cloud/ cloud/
COPY --from=assets /app/cloud/dashboard/static/ cloud/dashboard/static/
USER barback
EXPOSE 8080
CMD ["python", "-m", "cloud", "serve"]

FROM base AS edge
COPY requirements/edge.txt requirements/
RUN pip install --require-hashes -r requirements/edge.txt
COPY edge/ edge/
RUN install -d -o barback /var/lib/barback/outbox /exchange
USER barback
CMD ["python", "-m", "edge", "run"]

FROM base AS sim
COPY requirements/demo.txt requirements/
RUN pip install --require-hashes -r requirements/demo.txt
COPY firmware_sim/ firmware_sim/
USER barback
CMD ["python", "-m", "firmware_sim", "scenarios"]
