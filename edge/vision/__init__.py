"""Pictures and the models that read them. OpenCV and onnxruntime live only here, on one thread of their own.

Knows slots only as boxes, and neither scales, nor records, nor the cloud.
"""
