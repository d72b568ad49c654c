"""One paper, one file. This table names them without importing them (torch takes seconds)."""

METHODS = {
    "simclr": "lookalike.methods.simclr:SimCLR",
    "supcon": "lookalike.methods.supcon:SupCon",
    "byol": "lookalike.methods.byol:BYOL",
    "mae": "lookalike.methods.mae:MAE",
    "supervised": "lookalike.methods.supervised:Supervised",
    "rotation": "lookalike.methods.rotation:Rotation",
    "denoising": "lookalike.methods.denoising:Denoising",
    "simsiam": "lookalike.methods.simsiam:SimSiam",
    "moco": "lookalike.methods.moco:MoCo",
    "moco-v3": "lookalike.methods.moco_v3:MoCoV3",
    "nnclr": "lookalike.methods.nnclr:NNCLR",
    "barlow-twins": "lookalike.methods.barlow_twins:BarlowTwins",
    "vicreg": "lookalike.methods.vicreg:VICReg",
    "swav": "lookalike.methods.swav:SwAV",
    "dino": "lookalike.methods.dino:DINO",
}
