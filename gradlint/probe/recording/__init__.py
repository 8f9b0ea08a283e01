"""What a running program does, as far as that tells of gradients: operations, reads of weights, frames, tapes."""
