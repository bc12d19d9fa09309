#!/bin/sh
# Brings the packages whose own test suites bench/ records and does again: tarballs of npm and source distributions of PyPI,
# at the versions of packages.json, held to SHA256SUMS, unpacked below tree/ with what runs their tests. Nothing is installed
# into the system. `--sums` writes the sums anew, after a version was changed on purpose.
set -eu
cd "$(dirname -- "$0")"

named() {
  node -e 'for (const one of require("./packages.json")) if (one.from === process.argv[1]) console.log(one.name + process.argv[2] + one.version)' "$1" "$2"
}

rm -rf fetched tree
mkdir -p fetched tree
for package in $(named npm @); do
  npm pack --silent --ignore-scripts --pack-destination fetched "$package" >/dev/null
done
for package in $(named pypi ==); do
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary "${package%%==*}" --dest fetched "$package"
done
if [ "${1:-}" = --sums ]; then (cd fetched && sha256sum -- *) >SHA256SUMS; fi
(cd fetched && sha256sum --check --quiet ../SHA256SUMS)

for file in fetched/*; do
  name=$(basename "$file" .tar.gz)
  name=$(basename "$name" .tgz)
  name=${name%-*}
  mkdir "tree/$name"
  tar -xf "$file" -C "tree/$name" --strip-components=1 --no-same-owner
done

npm ci --ignore-scripts --no-audit --no-fund
cp -R node_modules tree/node_modules
python3 -m pip install --quiet --disable-pip-version-check --no-compile --target tree/python -r runners.txt
ls tree
