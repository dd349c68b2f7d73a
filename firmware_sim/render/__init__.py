"""Pictures of bars that do not exist: bottles, shelves, hands, light; exact boxes, levels and products.

Owns how a rendered picture comes about; the simulated cameras and the training code of models/ both draw
from it. numpy and OpenCV only. It must not know who looks at the pictures: nothing of edge, cloud or models.

`scene.render_scene` gives a picture with its bottles, `crops.render_crop` one bottle with its level,
`sheet` a contact sheet: `python -m firmware_sim.render sheet OUT.jpg`.
"""
