hiddenimports = ["mitmproxy.script"]
