"""The gateway: reads a site's scales, keeps everything while the network is away, sends it on."""
