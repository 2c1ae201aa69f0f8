# The pipeline with everything it needs but the data: README.md, Environments.
FROM python:3.12-slim

RUN apt-get update \
    && apt-get install --no-install-recommends --yes make \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /paper

# The packages first: a change of the code installs none of them again.
COPY requirements.lock ./
COPY scripts/set_up.py scripts/
RUN PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 python scripts/set_up.py

COPY . .
# Files of the copy may be younger than a layer with the packages that was kept; to make, these are up to date all the
# same. Whoever runs the image may write what it makes, and nothing else.
RUN touch .venv/ready \
    && .venv/bin/python -m compileall -q scripts \
    && mkdir results .snakemake \
    && chmod a+rwx results .snakemake

# `docker run --user` knows no home; Snakemake keeps a cache in one.
ENV HOME=/tmp PATH=/paper/.venv/bin:$PATH
CMD ["make", "paper"]
