import os

import torch

# Before anything imports Triton: its kernels are interpreted where there is no GPU.
if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"
