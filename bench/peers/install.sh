#!/bin/sh
# Brings the other sandboxes that bench/ measures next to Holdfast: npm packages by their lock file, Debian packages by
# unpacking them here. Nothing is installed into the system. What cannot be had is skipped by the bench, with its reason.
set -eu
cd "$(dirname -- "$0")"

packages='runc runsc socat libwrap0 ripgrep'

npm ci --ignore-scripts --no-audit --no-fund

rm -rf system
mkdir -p system/packages
for package in $packages; do
  (cd system/packages && apt-get download "$package" 2>/dev/null) || {
    echo "peers: no package $package here; what needs it will be skipped" >&2
    continue
  }
  dpkg-deb --extract system/packages/"$package"_*.deb system
done
rm -rf system/packages
ls system/usr/bin system/usr/sbin
