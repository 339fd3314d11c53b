# The program and its modules' kit in an image of its own, on the CPU and Mesa's software Vulkan.
#
#   docker build -t poolbench .
#   docker run --rm poolbench bench --suite smoke
#
# It holds every instruction set and no CUDA. Untested with Docker itself.
FROM debian:12 AS build
ARG CMAKE_ARGS=""
WORKDIR /poolbench
COPY . .
RUN bash -euc 'INSTALL=1; source bench/setup.sh; install_packages; \
  read -ra CMAKE_ARGS <<<"-DBUILD_TESTING=OFF $CMAKE_ARGS"; build_project; \
  cmake --install "$build" --prefix /opt/poolbench --strip'

FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends \
  libbenchmark1debian libfmt9 libgomp1 libsqlite3-0 libssl3 libvulkan1 mesa-vulkan-drivers && \
  rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/poolbench /opt/poolbench
ENTRYPOINT ["/opt/poolbench/bin/poolbench"]
