#!/bin/sh
# Brings the other sandboxes, proxies and engines that bench/ measures next to Holdfast: npm packages by their lock file, Debian and
# Python packages by unpacking them here. Nothing is installed into the system. What cannot be had is skipped by the bench,
# with its reason.
set -eu
cd "$(dirname -- "$0")"

packages='runc runsc socat libwrap0 ripgrep'
podman='podman conmon golang-github-containers-common libgpgme11 libsubid4'
squid='squid-openssl squid-common squid-langpack libecap3 libltdl7 libnetfilter-conntrack3 libnfnetlink0 libtdb1'
nginx='nginx libnginx-mod-stream'
postgresql='postgresql-15 postgresql-client-15 libpq5'
mitmproxy='mitmproxy==11.0.2'

npm ci --ignore-scripts --no-audit --no-fund

rm -rf system
mkdir -p system/packages
for package in $packages $podman $squid $nginx $postgresql; do
  (cd system/packages && apt-get download "$package" 2>/dev/null) || {
    echo "peers: no package $package here; what needs it will be skipped" >&2
    continue
  }
  dpkg-deb --extract system/packages/"$package"_*.deb system
done
rm -rf system/packages
python3 -m pip install --quiet --disable-pip-version-check --target system/python "$mitmproxy" ||
  echo "peers: no $mitmproxy here; it will be skipped" >&2
ls system/usr/bin system/usr/sbin
