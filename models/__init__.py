"""Training code of the models that Barback ships. Never imported by edge or cloud: they share model.onnx and
manifest.json, not code. Pictures come from firmware_sim.render."""
