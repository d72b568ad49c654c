"""The papers' losses: pure functions of tensors and numbers, without state or processes.

Where images are compared with each other, the result is a scalar, the mean over all anchors; with
`everyone` (the rows of all processes) it is these images' share of that mean, so that the shares of
all processes add up to the whole and so do their gradients. Where each image stands by itself, the
result is one loss per image, as `lookalike.method.Method.compare` averages them.

Everything is computed in float32 at least, inside autocast as well.
"""
