"""Asks the tape what each public function of TensorFlow, Keras and TFP does to a gradient.

A function is called with a float tensor that the tape watches in the place of its first float parameter, in
several shapes; what counts is the most that any of these calls lets through.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import tensorflow as tf

VERDICTS = ("gradient", "zero", "none", "error", "numpy")
"""Best first; "numpy" is for a function that answers with an array or number of Python."""

CONTENT: dict[str, Any] = {
    "scalar": 0.6,
    "vector": [0.3, -0.5, 0.7, 0.2],
    "positive": [0.3, 0.5, 0.7, 0.2],
    "large": [2.3, 3.5, 1.7, 4.2],
    "matrix": [[0.3, -0.5, 0.7], [0.2, 0.9, -0.4], [0.6, 0.1, 0.8]],
    "definite": [[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 1.2]],
    "lower": [[1.4, 0.0, 0.0], [0.3, 1.2, 0.0], [0.1, 0.2, 1.1]],
    "cube": np.linspace(-0.9, 0.8, 24).reshape(2, 4, 3).tolist(),
    "image": np.linspace(0.1, 0.9, 96).reshape(2, 4, 4, 3).tolist(),
    "volume": np.linspace(0.1, 0.9, 256).reshape(1, 4, 4, 4, 4).tolist(),
}
COMPLEX = ("complex_vector", "complex_matrix", "complex_image")

Values = SimpleNamespace
Call = Callable[[Callable[..., Any], Values, Values], Any]
"""A call of a function with a watched value and constants, both by shape."""


def values_from(content: dict[str, tf.Tensor]) -> Values:
    """Every shape under its name, the complex ones made from the real."""
    made = dict(content)
    made["complex_vector"] = tf.complex(made["vector"], made["positive"])
    made["complex_matrix"] = tf.complex(made["definite"], made["matrix"])
    made["complex_image"] = tf.complex(made["image"], made["image"])
    return SimpleNamespace(**made)


FLOAT = object()
"""Stands for a constant of the same shape as the watched value."""
PARAMETERS: dict[str, tuple[Any, ...]] = {
    "axis": (0, -1),
    "axes": ([0], 1),
    "dtype": ("float64",),
    "shape": ([-1], [2, 2]),
    "newshape": ([-1],),
    "k": (1,),
    "indices": ([0, 1],),
    "ids": ([0, 1],),
    "num": (2,),
    "repeats": (2, [2], [2, 2]),
    "multiples": ([2], [2, 2]),
    "shift": (1,),
    "paddings": ([[1, 1]], [[1, 1], [1, 1]]),
    "pad_width": ([[1, 1]], [[1, 1], [1, 1]]),
    "num_or_size_splits": (2, 3),
    "indices_or_sections": (2, 3),
    "block_size": (2,),
    "mask": ([True, False, True, True],),
    "rate": (0.4,),
    "level": (0.4,),
    "min_value": (-0.4,),
    "max_value": (0.6,),
    "x_min": (-0.4,),
    "x_max": (0.6,),
    "clip_value_min": (-0.4,),
    "clip_value_max": (0.6,),
    "clip_norm": (0.5,),
    "segment_ids": ([0, 0, 1, 1],),
    "num_segments": (2,),
    "depth": (3,),
    "num_classes": (3,),
    "delta": (0.1,),
    "gamma": (0.9, FLOAT),
    "contrast_factor": (1.3,),
    "saturation_factor": (1.3,),
    "central_fraction": (0.5,),
    "size": ([2, 2],),
    "ksize": (2,),
    "pool_size": (2, (2, 2)),
    "strides": (1, 2),
    "stride": (1,),
    "padding": ("SAME", "VALID"),
    "pooling_type": ("AVG",),
    "window_shape": ([2, 2],),
    "filters": (
        np.full([2, 2, 3, 3], 0.1, "float32"),
        np.full([2, 3, 3], 0.1, "float32"),
        np.full([2, 2, 2, 4, 4], 0.1, "float32"),
    ),
    "kernel": (
        np.full([2, 2, 3, 3], 0.1, "float32"),
        np.full([2, 3, 3], 0.1, "float32"),
        np.full([2, 2, 2, 4, 4], 0.1, "float32"),
    ),
    "target_height": (2,),
    "target_width": (2,),
    "offset_height": (1,),
    "offset_width": (1,),
    "max_val": (1.0,),
    "n": (2, (2,)),
    "rep": (2,),
    "pattern": ((1, 0), (0, 2, 1)),
    "value": (0.5,),
    "momentum": (0.9,),
    "source": (0,),
    "destination": (-1,),
    "axis1": (0,),
    "axis2": (1,),
    "key": (0,),
    "q": (0.4,),
    "kth": (1,),
    "bins": ([0.1, 0.4],),
    "sequence_length": (2,),
    "sequence_stride": (1,),
    "fft_length": (4, [4]),
    "frame_length": (2,),
    "frame_step": (1,),
    "height_factor": (2,),
    "width_factor": (2,),
    "depth_factor": (2,),
    "data_format": ("channels_last",),
    "output_size": (2, (2, 2)),
    "kernel_size": (2,),
    "num_lower": (1,),
    "num_upper": (1,),
    "threshold": (0.4,),
    "default_value": (0.0,),
    "adjustment": (0.1,),
    "reduction_axes": ([0],),
    "a_min": (-0.4,),
    "exclusive": (False,),
    "type": (tf.int32,),
    "value_range": ([0.0, 1.0],),
    "beta": (FLOAT, 0.4),
    "depthwise_kernel": (np.full([2, 2, 3, 1], 0.1, "float32"),),
    "pointwise_kernel": (np.full([1, 1, 3, 2], 0.1, "float32"),),
    "depthwise_filter": (np.full([2, 2, 3, 1], 0.1, "float32"),),
    "pointwise_filter": (np.full([1, 1, 3, 2], 0.1, "float32"),),
    "filter": (np.full([2, 2, 3, 1], 0.1, "float32"), np.full([2, 2, 3], 0.1, "float32")),
    "variance_epsilon": (1e-3,),
    "message": ("",),
    "Tout": (tf.float32,),
    "dct_type": (2,),
    "num_bits": (8,),
    "boxes": ([[[0.1, 0.1, 0.5, 0.5]]] * 2,),
    "box_indices": ([0],),
    "crop_size": ([2, 2],),
    "rank": (1,),
    "batch_dims": (0,),
    "begin": ([0], [0, 0]),
    "end": ([2], [2, 2]),
    "start_indices": ([0], [0, 0]),
    "perm": ([1, 0],),
    "dims": ([4],),
    "num_columns": (3,),
    "alpha": (0.2, FLOAT),
    "out_type": (tf.int32,),
    "block_shape": ([2, 2],),
    "crops": ([[0, 0], [0, 0]],),
    "seq_lengths": ([1, 2],),
    "N": (3,),
    "transforms": ([[1.0, 0.1, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]] * 2,),
    "output_shape": ([4, 4],),
    "interpolation": ("BILINEAR",),
    "fill_value": (0.5,),
    "reduction_indices": ([0],),
    "input_sizes": ([2, 4, 4, 3],),
}
"""What to give to a required parameter of that name beside the watched one; the first that fits is taken."""

LISTS = {"values", "inputs", "xs", "tensors", "t_list", "arrays", "args"}


def both(*calls: Call) -> tuple[Call, ...]:
    return calls


CALLS: dict[str, tuple[Call, ...]] = {
    "adjust_hue": both(lambda f, w, c: f(w.image, 0.1)),
    "adjust_jpeg_quality": both(lambda f, w, c: f(w.image[0], 80)),
    "adjust_gamma": both(lambda f, w, c: f(w.image, 0.8)),
    "arange": both(lambda f, w, c: f(w.scalar)),
    "assign": (),
    "atrous_conv2d": both(lambda f, w, c: f(w.image, np.full([2, 2, 3, 3], 0.1, "float32"), 1, "SAME")),
    "banded_triangular_solve": both(lambda f, w, c: f(w.large[None] * tf.ones([2, 1]), c.cube[0, :4, :1])),
    "batch_norm_with_global_normalization": (),
    "batch_normalization": both(
        lambda f, w, c: f(w.matrix, c.positive[:3], c.positive[:3], c.positive[:3], c.positive[:3], 1e-3),
        lambda f, w, c: f(w.matrix, c.positive[:3], c.positive[:3], -1),
    ),
    "betainc": both(lambda f, w, c: f(c.positive, c.positive, w.positive)),
    "bias_add": both(lambda f, w, c: f(w.matrix, c.positive[:3])),
    "bincount": both(lambda f, w, c: f([0, 1, 1, 2], weights=w.vector)),
    "boolean_mask": both(lambda f, w, c: f(w.vector, [True, False, True, True])),
    "broadcast_to": both(lambda f, w, c: f(w.vector, [2, 4])),
    "case": both(lambda f, w, c: f([(tf.constant(True), lambda: w.vector * 2.0)], default=lambda: c.vector)),
    "cholesky_solve": both(lambda f, w, c: f(w.lower, c.matrix)),
    "clip_by_global_norm": both(lambda f, w, c: f([w.vector, c.vector], 0.5)),
    "combined_non_max_suppression": both(
        lambda f, w, c: f(tf.abs(w.image[:, :, :1, :1]) * tf.ones([1, 1, 1, 4]), c.image[:, :, 0, :1], 2, 2)
    ),
    "compute_average_loss": both(lambda f, w, c: f(w.vector, global_batch_size=4)),
    "concat": both(lambda f, w, c: f([w.vector, c.vector], 0)),
    "cond": both(lambda f, w, c: f(tf.constant(True), lambda: w.vector * 2.0, lambda: c.vector)),
    "confusion_matrix": both(lambda f, w, c: f([0, 1, 1, 2], [0, 1, 2, 2], weights=w.vector)),
    "conv1d": both(
        lambda f, w, c: f(w.cube, np.full([2, 3, 3], 0.1, "float32"), 1, "SAME"),
        lambda f, w, c: f(w.cube, np.full([2, 3, 3], 0.1, "float32")),
    ),
    "conv1d_transpose": both(lambda f, w, c: f(w.cube, np.full([2, 3, 3], 0.1, "float32"), [2, 4, 3], 1)),
    "imag": both(lambda f, w, c: f(w.complex_vector)),
    "angle": both(lambda f, w, c: f(w.complex_vector)),
    "fake_quant_with_min_max_vars_gradient": (),
    "fake_quant_with_min_max_vars_per_channel_gradient": (),
    "fake_quant_with_min_max_args_gradient": (),
    "ldexp": both(lambda f, w, c: f(w.vector, [1, 2, 1, 2])),
    "segment_min": both(lambda f, w, c: f(w.vector, [0, 0, 1, 1])),
    "segment_sum": both(lambda f, w, c: f(w.vector, [0, 0, 1, 1])),
    "segment_prod": both(lambda f, w, c: f(w.vector, [0, 0, 1, 1])),
    "conv2d": both(
        lambda f, w, c: f(w.image, np.full([2, 2, 3, 3], 0.1, "float32"), 1, "SAME"),
        lambda f, w, c: f(w.image, np.full([2, 2, 3, 3], 0.1, "float32")),
    ),
    "convolution": both(lambda f, w, c: f(w.image, np.full([2, 2, 3, 3], 0.1, "float32"))),
    "conv": both(lambda f, w, c: f(w.image, np.full([2, 2, 3, 3], 0.1, "float32"))),
    "conv2d_backprop_filter_v2": (),
    "conv2d_backprop_input_v2": (),
    "depthwise_conv2d_backprop_filter": (),
    "depthwise_conv2d_backprop_input": (),
    "conv2d_transpose": both(
        lambda f, w, c: f(w.image, np.full([2, 2, 3, 3], 0.1, "float32"), [2, 4, 4, 3], 1),
        lambda f, w, c: f(w.image, np.full([2, 2, 3, 3], 0.1, "float32"), [2, 5, 5, 3]),
    ),
    "atrous_conv2d_transpose": both(
        lambda f, w, c: f(w.image, np.full([2, 2, 3, 3], 0.1, "float32"), [2, 4, 4, 3], 1, "SAME")
    ),
    "conv3d": both(
        lambda f, w, c: f(w.volume, np.full([2, 2, 2, 4, 4], 0.1, "float32"), [1] * 5, "SAME"),
        lambda f, w, c: f(w.volume, np.full([2, 2, 2, 4, 4], 0.1, "float32")),
    ),
    "conv3d_transpose": both(lambda f, w, c: f(w.volume, np.full([2, 2, 2, 4, 4], 0.1, "float32"), [1, 4, 4, 4, 4], 1)),
    "conv_transpose": both(
        lambda f, w, c: f(w.image, np.full([2, 2, 3, 3], 0.1, "float32"), [2, 4, 4, 3], 1),
        lambda f, w, c: f(w.image, np.full([2, 2, 3, 3], 0.1, "float32")),
    ),
    "crop_and_resize": both(lambda f, w, c: f(w.image, [[0.1, 0.1, 0.7, 0.7]], [0], [2, 2])),
    "crop_to_bounding_box": both(lambda f, w, c: f(w.image, 1, 1, 2, 2)),
    "cross": both(lambda f, w, c: f(w.matrix, c.definite)),
    "ctc_loss": both(
        lambda f, w, c: f([[1, 2], [2, 1]], tf.transpose(w.cube, [1, 0, 2]), [2, 2], [4, 4]),
        lambda f, w, c: f([[1, 2], [2, 1]], w.cube, [2, 2], [4, 4]),
    ),
    "ctc_batch_cost": both(lambda f, w, c: f([[0, 1], [1, 0]], tf.nn.softmax(w.cube), [[4], [4]], [[2], [2]])),
    "ctc_decode": both(lambda f, w, c: f(tf.nn.softmax(w.cube), [4, 4])),
    "ctc_greedy_decoder": both(lambda f, w, c: f(tf.transpose(w.cube, [1, 0, 2]), [4, 4])),
    "ctc_beam_search_decoder": both(lambda f, w, c: f(tf.transpose(w.cube, [1, 0, 2]), [4, 4])),
    "custom_gradient": (),
    "grad_pass_through": (),
    "recompute_grad": (),
    "function": (),
    "dequantize": (),
    "dilation2d": both(
        lambda f, w, c: f(w.image, np.full([2, 2, 3], 0.1, "float32"), [1, 1, 1, 1], "SAME", "NHWC", [1, 1, 1, 1])
    ),
    "erosion2d": both(
        lambda f, w, c: f(w.image, np.full([2, 2, 3], 0.1, "float32"), [1, 1, 1, 1], "SAME", "NHWC", [1, 1, 1, 1])
    ),
    "depthwise_conv2d": both(
        lambda f, w, c: f(w.image, np.full([2, 2, 3, 1], 0.1, "float32"), [1, 1, 1, 1], "SAME"),
        lambda f, w, c: f(w.image, np.full([2, 2, 3, 1], 0.1, "float32")),
    ),
    "depthwise_conv": both(lambda f, w, c: f(w.image, np.full([2, 2, 3, 1], 0.1, "float32"))),
    "dynamic_partition": both(lambda f, w, c: f(w.vector, [0, 1, 0, 1], 2)),
    "dynamic_stitch": both(lambda f, w, c: f([[0, 2, 1, 3]], [w.vector])),
    "parallel_stack": both(lambda f, w, c: f([w.vector, c.vector])),
    "edit_distance": (),
    "eigh_tridiagonal": both(lambda f, w, c: f(w.large, c.positive[:3], eigvals_only=False)),
    "eig": both(lambda f, w, c: f(w.definite), lambda f, w, c: f(w.complex_matrix)),
    "einsum": both(lambda f, w, c: f("ij,jk->ik", w.matrix, c.matrix)),
    "embedding_lookup": both(lambda f, w, c: f(w.matrix, [0, 1])),
    "embedding_lookup_sparse": both(
        lambda f, w, c: f(w.matrix, tf.SparseTensor([[0, 0], [1, 0]], [0, 1], [2, 1]), None)
    ),
    "safe_embedding_lookup_sparse": both(
        lambda f, w, c: f(w.matrix, tf.SparseTensor([[0, 0], [1, 0]], tf.constant([0, 1], tf.int64), [2, 1]))
    ),
    "ensure_shape": both(lambda f, w, c: f(w.vector, [4])),
    "expand_dims": both(lambda f, w, c: f(w.vector, 0)),
    "extract_patches": both(
        lambda f, w, c: f(w.image, [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], "VALID"), lambda f, w, c: f(w.image, 2)
    ),
    "extract_glimpse": both(lambda f, w, c: f(w.image, [2, 2], [[0.1, 0.2], [0.3, 0.4]])),
    "extract_volume_patches": both(lambda f, w, c: f(w.volume, [1, 2, 2, 2, 1], [1, 1, 1, 1, 1], "VALID")),
    "fake_quant_with_min_max_vars": both(lambda f, w, c: f(w.vector, -1.0, 1.0)),
    "fake_quant_with_min_max_vars_per_channel": both(lambda f, w, c: f(w.matrix, [-1.0] * 3, [1.0] * 3)),
    "fill": both(lambda f, w, c: f([2, 2], w.scalar)),
    "full": both(lambda f, w, c: f((2, 2), w.scalar)),
    "full_like": both(lambda f, w, c: f(c.matrix, w.scalar)),
    "foldl": both(lambda f, w, c: f(lambda total, part: total + part, w.vector)),
    "foldr": both(lambda f, w, c: f(lambda total, part: total + part, w.vector)),
    "scan": both(
        lambda f, w, c: f(lambda total, part: total + part, w.vector),
        lambda f, w, c: f(lambda total, part: (total + part, total), w.scalar, xs=c.vector),
    ),
    "map_fn": both(lambda f, w, c: f(lambda part: part * 2.0, w.vector)),
    "map": both(lambda f, w, c: f(lambda part: part * 2.0, w.vector)),
    "associative_scan": both(lambda f, w, c: f(lambda left, right: left + right, w.vector)),
    "vectorized_map": both(lambda f, w, c: f(lambda part: part * 2.0, w.vector)),
    "vectorize": (),
    "jvp": (),
    "while_loop": both(
        lambda f, w, c: f(lambda i, x: i < 2, lambda i, x: (i + 1, x * 2.0), (tf.constant(0), w.vector))
    ),
    "fori_loop": both(lambda f, w, c: f(0, 2, lambda i, x: x * 2.0, w.vector)),
    "switch_case": both(lambda f, w, c: f(tf.constant(0), [lambda: w.vector * 2.0, lambda: c.vector])),
    "switch": both(
        lambda f, w, c: f(tf.constant(True), w.vector * 2.0, c.vector),
        lambda f, w, c: f(0, [lambda x: x * 2.0, lambda x: x], w.vector),
    ),
    "fold": both(lambda f, w, c: f(w.cube[:, :4, :1] * tf.ones([1, 1, 9]), (4, 4), 2)),
    "unfold": both(lambda f, w, c: f(w.image, 2)),
    "frame": both(lambda f, w, c: f(w.vector, 2, 1)),
    "gather": both(lambda f, w, c: f(w.vector, [0, 1])),
    "gather_nd": both(lambda f, w, c: f(w.vector, [[0], [1]])),
    "take_along_axis": both(lambda f, w, c: f(w.vector, [0, 1], 0)),
    "generate_bounding_box_proposals": (),
    "get_item": both(lambda f, w, c: f(w.vector, 0)),
    "gradients": (),
    "hessians": (),
    "grayscale_to_rgb": both(lambda f, w, c: f(w.image[..., :1])),
    "histogram_fixed_width": both(lambda f, w, c: f(w.vector, [0.0, 1.0])),
    "histogram_fixed_width_bins": both(lambda f, w, c: f(w.vector, [0.0, 1.0])),
    "identity_n": both(lambda f, w, c: f([w.vector, c.vector])),
    "in_top_k": both(lambda f, w, c: f([0, 1, 2], w.matrix, 1), lambda f, w, c: f(w.matrix, [0, 1, 2], 1)),
    "in_train_phase": both(lambda f, w, c: f(w.vector, c.vector, training=True)),
    "in_test_phase": both(lambda f, w, c: f(w.vector, c.vector, training=False)),
    "invert_permutation": (),
    "kaiser_bessel_derived_window": (),
    "kaiser_window": (),
    "hamming_window": (),
    "hann_window": (),
    "vorbis_window": (),
    "mdct": both(lambda f, w, c: f(tf.tile(w.vector, [4]), 8)),
    "inverse_mdct": both(lambda f, w, c: f(tf.reshape(tf.tile(w.vector, [4]), [4, 4]))),
    "stft": both(lambda f, w, c: f(tf.tile(w.vector, [4]), 8, 4), lambda f, w, c: f(tf.tile(w.vector, [4]), 8, 4, 8)),
    "istft": both(
        lambda f, w, c: f((tf.tile(w.cube[:, :, :1], [1, 1, 5]), tf.tile(c.cube[:, :, :1], [1, 1, 5])), 8, 4, 8)
    ),
    "inverse_stft": both(lambda f, w, c: f(tf.signal.stft(tf.tile(w.vector, [4]), 8, 4), 8, 4)),
    "inverse_stft_window_fn": (),
    "linear_to_mel_weight_matrix": both(lambda f, w, c: f(4, 4, 8000, w.scalar + 100.0, 2000.0)),
    "mfccs_from_log_mel_spectrograms": both(lambda f, w, c: f(w.matrix)),
    "overlap_and_add": both(lambda f, w, c: f(w.matrix, 1)),
    "fft2d": both(lambda f, w, c: f(w.complex_matrix)),
    "ifft2d": both(lambda f, w, c: f(w.complex_matrix)),
    "fft3d": both(lambda f, w, c: f(w.complex_image)),
    "ifft3d": both(lambda f, w, c: f(w.complex_image)),
    "fft": both(lambda f, w, c: f(w.complex_vector), lambda f, w, c: f((w.vector, c.vector))),
    "fft2": both(lambda f, w, c: f((w.matrix, c.matrix))),
    "ifft2": both(lambda f, w, c: f((w.matrix, c.matrix))),
    "ifft": both(lambda f, w, c: f(w.complex_vector)),
    "irfft": both(lambda f, w, c: f(w.complex_vector), lambda f, w, c: f((w.vector, c.vector))),
    "irfft2d": both(lambda f, w, c: f(w.complex_matrix)),
    "irfft3d": both(lambda f, w, c: f(w.complex_image)),
    "fftnd": both(lambda f, w, c: f(w.complex_matrix, [3, 3], [0, 1])),
    "ifftnd": both(lambda f, w, c: f(w.complex_matrix, [3, 3], [0, 1])),
    "irfftnd": both(lambda f, w, c: f(w.complex_matrix, [3, 3], [0, 1])),
    "rfftnd": both(lambda f, w, c: f(w.matrix, [3, 3], [0, 1])),
    "linspace": both(lambda f, w, c: f(w.scalar, 2.0, 4)),
    "logspace": both(lambda f, w, c: f(w.scalar, 2.0, 4)),
    "geomspace": both(lambda f, w, c: f(w.scalar, 2.0, 4)),
    "local_conv1d": (),
    "local_conv2d": (),
    "log_poisson_loss": both(lambda f, w, c: f(c.vector, w.vector), lambda f, w, c: f(w.vector, c.vector)),
    "logm": both(lambda f, w, c: f(w.complex_matrix)),
    "lu": both(lambda f, w, c: f(w.definite)),
    "lu_solve": both(lambda f, w, c: f(w.definite, [0, 1, 2], c.matrix)),
    "lu_matrix_inverse": both(lambda f, w, c: f(w.definite, [0, 1, 2])),
    "lu_reconstruct": both(lambda f, w, c: f(w.definite, [0, 1, 2])),
    "make_ndarray": (),
    "make_tensor_proto": (),
    "matvec": both(lambda f, w, c: f(w.matrix, c.positive[:3])),
    "meshgrid": both(lambda f, w, c: f(w.vector, c.vector)),
    "moments": both(lambda f, w, c: f(w.vector, [0])),
    "moving_average_update": (),
    "update": (),
    "update_add": (),
    "update_sub": (),
    "set_value": (),
    "nce_loss": both(
        lambda f, w, c: f(w.matrix, c.positive[:3], tf.constant([[0], [1], [2]], tf.int64), c.matrix, 2, 3)
    ),
    "sampled_softmax_loss": both(
        lambda f, w, c: f(w.matrix, c.positive[:3], tf.constant([[0], [1], [2]], tf.int64), c.matrix, 2, 3)
    ),
    "non_max_suppression": both(lambda f, w, c: f(w.matrix @ tf.ones([3, 4]), c.positive[:3], 2)),
    "non_max_suppression_overlaps": (),
    "non_max_suppression_padded": (),
    "non_max_suppression_with_scores": both(lambda f, w, c: f(w.matrix @ tf.ones([3, 4]), c.positive[:3], 2)),
    "normalize_batch_in_training": both(lambda f, w, c: f(w.matrix, c.positive[:3], c.positive[:3], [0])),
    "normalize_moments": both(lambda f, w, c: f(4.0, w.vector, c.positive, None)),
    "numpy_function": both(lambda f, w, c: f(np.exp, [w.vector], tf.float32)),
    "py_function": both(lambda f, w, c: f(tf.exp, [w.vector], tf.float32)),
    "one_hot": both(lambda f, w, c: f(tf.cast(w.positive, tf.int32), 3)),
    "pad_to_bounding_box": both(lambda f, w, c: f(w.image, 1, 1, 6, 6)),
    "resize_with_crop_or_pad": both(lambda f, w, c: f(w.image, 2, 2)),
    "pad_images": both(lambda f, w, c: f(w.image, 1, 1, 6, 6)),
    "crop_images": both(lambda f, w, c: f(w.image, 1, 1, 2, 2)),
    "resize": both(lambda f, w, c: f(w.image, [2, 2])),
    "resize_with_pad": both(lambda f, w, c: f(w.image, 2, 2)),
    "resize_images": both(lambda f, w, c: f(w.image, 2, 2, "channels_last")),
    "resize_volumes": both(lambda f, w, c: f(w.volume, 2, 2, 2, "channels_last")),
    "affine_transform": both(lambda f, w, c: f(w.image, [[1.0, 0.1, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]] * 2)),
    "perspective_transform": both(
        lambda f, w, c: f(w.image, [[[0, 0], [0, 3], [3, 0], [3, 3]]] * 2, [[[0, 1], [0, 3], [3, 0], [3, 2]]] * 2)
    ),
    "elastic_transform": both(lambda f, w, c: f(w.image, seed=1)),
    "gaussian_blur": both(lambda f, w, c: f(w.image)),
    "map_coordinates": both(lambda f, w, c: f(w.matrix, [[0.1, 1.2], [0.3, 1.4]], 1)),
    "euclidean_dist_transform": (),
    "scale_and_translate": both(lambda f, w, c: f(w.image, (2, 8, 8, 3), "linear", [2.0, 2.0], [0.0, 0.0], (1, 2))),
    "pool": both(lambda f, w, c: f(w.image, [2, 2], "AVG", padding="SAME")),
    "pool2d": both(lambda f, w, c: f(w.image, (2, 2))),
    "pool3d": both(lambda f, w, c: f(w.volume, (2, 2, 2))),
    "avg_pool1d": both(lambda f, w, c: f(w.cube, 2, 1, "SAME")),
    "max_pool1d": both(lambda f, w, c: f(w.cube, 2, 1, "SAME")),
    "avg_pool3d": both(lambda f, w, c: f(w.volume, 2, 1, "SAME")),
    "max_pool3d": both(lambda f, w, c: f(w.volume, 2, 1, "SAME")),
    "fractional_avg_pool": both(lambda f, w, c: f(w.image, [1.0, 1.4, 1.4, 1.0])),
    "fractional_max_pool": both(lambda f, w, c: f(w.image, [1.0, 1.4, 1.4, 1.0])),
    "max_pool_with_argmax": both(lambda f, w, c: f(w.image, 2, 1, "SAME")),
    "isotonic_regression": both(lambda f, w, c: f(w.vector)),
    "polygamma": both(lambda f, w, c: f(tf.constant([1.0, 2.0, 1.0, 2.0]), w.large)),
    "polyval": both(lambda f, w, c: f([w.scalar, c.scalar], c.scalar)),
    "print": (),
    "print_tensor": both(lambda f, w, c: f(w.vector)),
    "psnr": both(lambda f, w, c: f(w.image, c.image * 0.9, 1.0)),
    "ssim": both(lambda f, w, c: f(w.image, c.image * 0.9, 1.0, filter_size=2)),
    "ssim_multiscale": (),
    "quantize": (),
    "quantize_and_dequantize_v2": both(lambda f, w, c: f(w.vector, -1.0, 1.0)),
    "quantize_and_dequantize": both(lambda f, w, c: f(w.vector, -1.0, 1.0)),
    "range": both(lambda f, w, c: f(w.scalar, 3.0, 0.7)),
    "ragged_fill_empty_rows": (),
    "ragged_fill_empty_rows_grad": (),
    "rearrange": both(lambda f, w, c: f(w.matrix, "a b -> b a")),
    "reverse": both(lambda f, w, c: f(w.vector, [0])),
    "reverse_sequence": both(lambda f, w, c: f(w.cube, [1, 2], seq_axis=1, batch_axis=0)),
    "rgb_to_grayscale": both(lambda f, w, c: f(w.image)),
    "rnn": (),
    "roll": both(lambda f, w, c: f(w.vector, 1, 0)),
    "rot90": both(lambda f, w, c: f(w.image), lambda f, w, c: f(w.matrix)),
    "saturate_cast": both(lambda f, w, c: f(w.vector, tf.float64), lambda f, w, c: f(w.vector, "float64")),
    "scalar_mul": both(lambda f, w, c: f(w.scalar, c.vector)),
    "scatter": both(lambda f, w, c: f([[0], [2]], w.vector[:2], (4,))),
    "scatter_nd": both(lambda f, w, c: f([[0], [2]], w.vector[:2], [4])),
    "scatter_update": both(lambda f, w, c: f(w.vector, [[0], [2]], c.vector[:2])),
    "searchsorted": both(lambda f, w, c: f(tf.sort(w.vector), c.positive)),
    "select": both(lambda f, w, c: f([c.vector > 0.0, c.vector < 0.0], [w.vector, c.vector])),
    "separable_conv2d": both(
        lambda f, w, c: f(
            w.image, np.full([2, 2, 3, 1], 0.1, "float32"), np.full([1, 1, 3, 2], 0.1, "float32"), [1, 1, 1, 1], "SAME"
        ),
        lambda f, w, c: f(w.image, np.full([2, 2, 3, 1], 0.1, "float32"), np.full([1, 1, 3, 2], 0.1, "float32")),
    ),
    "separable_conv": both(
        lambda f, w, c: f(w.image, np.full([2, 2, 3, 1], 0.1, "float32"), np.full([1, 1, 3, 2], 0.1, "float32"))
    ),
    "sequence_mask": both(lambda f, w, c: f(tf.cast(w.positive, tf.int32), 4)),
    "set_diag": both(lambda f, w, c: f(w.matrix, c.positive[:3])),
    "shape_n": both(lambda f, w, c: f([w.vector])),
    "slice": both(lambda f, w, c: f(w.vector, [0], [2])),
    "slice_update": both(lambda f, w, c: f(w.vector, [0], c.vector[:2])),
    "sobol_sample": (),
    "solve_triangular": both(lambda f, w, c: f(w.lower, c.matrix, lower=True)),
    "space_to_batch": both(lambda f, w, c: f(w.image, [2, 2], [[0, 0], [0, 0]])),
    "space_to_batch_nd": both(lambda f, w, c: f(w.image, [2, 2], [[0, 0], [0, 0]])),
    "batch_to_space": both(lambda f, w, c: f(tf.tile(w.image, [2, 1, 1, 1]), [2, 2], [[0, 0], [0, 0]])),
    "with_space_to_batch": (),
    "depth_to_space": both(lambda f, w, c: f(tf.tile(w.image[..., :1], [1, 1, 1, 4]), 2)),
    "space_to_depth": both(lambda f, w, c: f(w.image, 2)),
    "sparse_categorical_crossentropy": both(lambda f, w, c: f([0, 1, 2], w.definite / 4.0)),
    "sparse_softmax_cross_entropy_with_logits": both(lambda f, w, c: f(labels=[0, 1, 2], logits=w.matrix)),
    "softmax_cross_entropy_with_logits": both(lambda f, w, c: f(labels=c.definite / 3.0, logits=w.matrix)),
    "sigmoid_cross_entropy_with_logits": both(lambda f, w, c: f(labels=c.positive, logits=w.vector)),
    "weighted_cross_entropy_with_logits": both(lambda f, w, c: f(c.positive, w.vector, 0.5)),
    "binary_crossentropy": both(lambda f, w, c: f(c.positive, w.positive)),
    "binary_focal_crossentropy": both(lambda f, w, c: f(c.positive, w.positive)),
    "categorical_crossentropy": both(lambda f, w, c: f(c.definite / 3.0, w.definite / 4.0)),
    "categorical_focal_crossentropy": both(lambda f, w, c: f(c.definite / 3.0, w.definite / 4.0)),
    "weighted_moments": both(lambda f, w, c: f(w.vector, [0], c.positive)),
    "sufficient_statistics": both(lambda f, w, c: f(w.vector, [0])),
    "squeeze": both(lambda f, w, c: f(w.vector[:, None]), lambda f, w, c: f(w.vector[:, None], 1)),
    "stack": both(lambda f, w, c: f([w.vector, c.vector])),
    "stateless_dropout": both(lambda f, w, c: f(w.vector, 0.4, (1, 2))),
    "general_dropout": (),
    "stateless_general_dropout": (),
    "experimental_general_dropout": (),
    "strided_slice": both(lambda f, w, c: f(w.vector, [0], [2])),
    "temporal_padding": both(lambda f, w, c: f(w.cube)),
    "tensor_diag_part": both(lambda f, w, c: f(w.matrix)),
    "tensor_scatter_nd_add": both(lambda f, w, c: f(w.vector, [[0], [2]], c.vector[:2])),
    "tensor_scatter_nd_max": both(lambda f, w, c: f(w.vector, [[0], [2]], c.vector[:2])),
    "tensor_scatter_nd_min": both(lambda f, w, c: f(w.vector, [[0], [2]], c.vector[:2])),
    "tensor_scatter_nd_sub": both(lambda f, w, c: f(w.vector, [[0], [2]], c.vector[:2])),
    "tensor_scatter_nd_update": both(lambda f, w, c: f(w.vector, [[0], [2]], c.vector[:2])),
    "tensordot": both(lambda f, w, c: f(w.matrix, c.matrix, 1)),
    "tridiagonal_matmul": both(lambda f, w, c: f(w.matrix, c.matrix, diagonals_format="compact")),
    "tridiagonal_solve": both(lambda f, w, c: f(w.definite, c.positive[:3], diagonals_format="compact")),
    "tuple": both(lambda f, w, c: f([w.vector, c.vector])),
    "unsorted_segment_sum": both(lambda f, w, c: f(w.vector, [0, 0, 1, 1], 2)),
    "unstack": both(lambda f, w, c: f(w.vector)),
    "where": both(lambda f, w, c: f(c.vector > 0.0, w.vector, c.vector)),
    "draw_bounding_boxes": both(lambda f, w, c: f(w.image, [[[0.1, 0.1, 0.5, 0.5]]] * 2, [[1.0, 0.0, 0.0]])),
    "per_image_standardization": both(lambda f, w, c: f(w.image)),
    "transpose": both(lambda f, w, c: f(w.matrix), lambda f, w, c: f(w.image)),
    "sample_distorted_bounding_box": (),
    "stateless_sample_distorted_bounding_box": (),
    "random_crop": both(lambda f, w, c: f(w.vector, [2])),
    "stateless_random_crop": both(lambda f, w, c: f(w.vector, [2], (1, 2))),
    "random_brightness": both(lambda f, w, c: f(w.image, 0.1)),
    "random_contrast": both(lambda f, w, c: f(w.image, 0.4, 0.8)),
    "random_hue": both(lambda f, w, c: f(w.image, 0.1)),
    "random_saturation": both(lambda f, w, c: f(w.image, 0.4, 0.8)),
    "random_jpeg_quality": both(lambda f, w, c: f(w.image[0], 70, 90)),
    "stateless_random_brightness": both(lambda f, w, c: f(w.image, 0.1, (1, 2))),
    "stateless_random_contrast": both(lambda f, w, c: f(w.image, 0.4, 0.8, (1, 2))),
    "stateless_random_hue": both(lambda f, w, c: f(w.image, 0.1, (1, 2))),
    "stateless_random_saturation": both(lambda f, w, c: f(w.image, 0.4, 0.8, (1, 2))),
    "stateless_random_jpeg_quality": both(lambda f, w, c: f(w.image[0], 70, 90, (1, 2))),
    "stateless_random_flip_left_right": both(lambda f, w, c: f(w.image, (1, 2))),
    "stateless_random_flip_up_down": both(lambda f, w, c: f(w.image, (1, 2))),
    # samplers: the first float parameter that a weight can stand for
    "normal": both(lambda f, w, c: f([4], w.vector)),
    "truncated_normal": both(lambda f, w, c: f([4], w.vector)),
    "uniform": both(lambda f, w, c: f([4], w.scalar, 2.0)),
    "gamma": both(lambda f, w, c: f([2], w.positive)),
    "poisson": both(lambda f, w, c: f([2], w.positive)),
    "categorical": both(lambda f, w, c: f(w.matrix, 2)),
    "log_uniform_candidate_sampler": (),
    "shuffle": both(lambda f, w, c: f(w.vector)),
    "stateless_normal": both(lambda f, w, c: f([4], (1, 2), w.vector)),
    "stateless_truncated_normal": both(lambda f, w, c: f([4], (1, 2), w.vector)),
    "stateless_uniform": both(lambda f, w, c: f([4], (1, 2), w.scalar, 2.0)),
    "stateless_gamma": both(lambda f, w, c: f([4], (1, 2), w.positive)),
    "stateless_poisson": both(lambda f, w, c: f([4], (1, 2), w.positive)),
    "stateless_categorical": both(lambda f, w, c: f(w.matrix, 2, (1, 2))),
    "stateless_shuffle": both(lambda f, w, c: f(w.vector, (1, 2))),
    "experimental_stateless_shuffle": both(lambda f, w, c: f(w.vector, (1, 2))),
    "stateless_binomial": both(lambda f, w, c: f([4], (1, 2), 5.0, w.positive)),
    "stateless_parameterized_truncated_normal": both(lambda f, w, c: f([4], (1, 2), w.vector, 1.0, -1.0, 1.0)),
    "fixed_unigram_candidate_sampler": (),
    "learned_unigram_candidate_sampler": (),
    "uniform_candidate_sampler": (),
    "all_candidate_sampler": (),
    "random_index_shuffle": (),
    "index_shuffle": (),
    "random_binomial": both(lambda f, w, c: f([4], w.scalar)),
    "random_bernoulli": both(lambda f, w, c: f([4], w.scalar)),
    "random_normal": both(lambda f, w, c: f([4], w.scalar)),
    "random_uniform": both(lambda f, w, c: f([4], w.scalar)),
    "random_normal_variable": (),
    "random_uniform_variable": (),
    "batch_set_value": (),
    "batch_get_value": (),
    "polar": both(lambda f, w, c: f(w.positive, c.vector)),
    "view_as_real": both(lambda f, w, c: f(w.complex_vector)),
    "view_as_complex": both(lambda f, w, c: f(w.cube[..., :2])),
    "Zeta": both(lambda f, w, c: f(c.large, w.large)),
    "zeta": both(lambda f, w, c: f(c.large, w.large)),
    "vander": both(lambda f, w, c: f(w.vector)),
    "trapezoid": both(lambda f, w, c: f(w.vector)),
    "dot_product_attention": both(lambda f, w, c: f(w.image, c.image, c.image)),
    "segment_max": both(lambda f, w, c: f(w.vector, [0, 0, 1, 1])),
    "cdist": both(lambda f, w, c: f(w.matrix, c.definite)),
    "iou": (),
    "rgb_to_hsv": both(lambda f, w, c: f(w.image)),
    "hsv_to_rgb": both(lambda f, w, c: f(w.image)),
    "clear_session": (),
    "reset_uids": (),
    "placeholder": (),
    "set_epsilon": (),
    "set_floatx": (),
    "set_image_data_format": (),
    "set_learning_phase": (),
    "learning_phase_scope": (),
    "manual_variable_initialization": (),
    "enable_tf_random_generator": (),
    "disable_tf_random_generator": (),
    "Assert": (),
    "nondifferentiable_batch_function": (),
    "variable_creator_scope": (),
    "device": (),
    "name_scope": (),
    "register_tensor_conversion_function": (),
    "load_library": (),
    "load_op_library": (),
    "no_gradient": (),
    "set_seed": (),
    "set_global_generator": (),
    "create_rng_state": (),
    "set_log_device_placement": (),
    "import_graph_def": (),
    "QuantizeAndDequantizeV3": (),
    "FakeQuantWithMinMaxVarsPerChannel": (),
    "control_dependencies": (),
    "init_scope": (),
    "group": (),
    "tfp.math.batch_interp_regular_nd_grid": both(
        lambda f, w, c: f(w.positive[:, None], [0.0], [1.0], c.matrix[0], axis=-1)
    ),
    "tfp.math.bracket_root": (),
    "tfp.math.cholesky_concat": both(lambda f, w, c: f(w.lower, c.cube[0] + 3.0 * tf.eye(4, 3))),
    "tfp.math.diag_jacobian": (),
    "tfp.math.find_root_chandrupatla": (),
    "tfp.math.find_root_secant": (),
    "tfp.math.interp_regular_1d_grid": both(lambda f, w, c: f(w.positive, 0.0, 1.0, c.matrix[0])),
    "tfp.math.low_rank_cholesky": both(lambda f, w, c: f(w.definite, 2)),
    "tfp.math.minimize": (),
    "tfp.math.minimize_stateless": (),
    "tfp.math.pivoted_cholesky": both(lambda f, w, c: f(w.definite, 2)),
    "tfp.math.scan_associative": both(lambda f, w, c: f(tf.add, w.vector)),
    "tfp.math.secant_root": (),
    "tfp.math.trapz": both(lambda f, w, c: f(w.vector, c.positive)),
    "tfp.math.value_and_gradient": (),
    "tfp.stats.assign_log_moving_mean_exp": (),
    "tfp.stats.assign_moving_mean_variance": (),
    "tfp.stats.brier_decomposition": both(lambda f, w, c: f([0, 1, 2], w.matrix)),
    "tfp.stats.brier_score": both(lambda f, w, c: f([0, 1, 2], w.matrix)),
    "tfp.stats.count_integers": both(lambda f, w, c: f([0, 1, 1, 2], weights=w.vector)),
    "tfp.stats.expected_calibration_error": both(lambda f, w, c: f(2, w.matrix, [0, 1, 2])),
    "tfp.stats.find_bins": both(lambda f, w, c: f(w.positive, [0.0, 0.4, 0.9])),
    "tfp.stats.histogram": both(
        lambda f, w, c: f(w.positive, [0.0, 0.4, 0.9]),
        lambda f, w, c: f(c.positive, [0.0, 0.4, 0.9], weights=w.positive),
    ),
    "tfp.stats.moving_mean_variance_zero_debiased": (),
    "tfp.stats.percentile": both(lambda f, w, c: f(w.vector, c.scalar), lambda f, w, c: f(w.vector, c.positive)),
    "tfp.stats.quantiles": both(lambda f, w, c: f(w.vector, 2)),
}
"""Calls of functions whose parameters do not tell by their names what to give; none for those that are left out."""

TAKES_A_TYPE = {"cast", "saturate_cast", "cast_to_floatx", "bitcast", "view"}


def known_calls(name: str) -> tuple[Call, ...] | None:
    """The calls that are written down for a function."""
    return CALLS.get(name, CALLS.get(name.rpartition(".")[2]))


def generic_calls(function: Callable[..., Any], shapes: Iterable[str]) -> Iterator[Call]:
    """Calls guessed from the names of the required parameters."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    required = [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    if not required:
        return
    first, others = required[0], required[1:]
    count = max([len(PARAMETERS.get(name, ())) for name in others], default=1) or 1
    for shape in shapes:
        for number in range(count):

            def call(
                function: Callable[..., Any],
                watched: Values,
                constant: Values,
                shape: str = shape,
                number: int = number,
            ) -> Any:
                same = getattr(constant, shape)
                given = [PARAMETERS.get(name, (FLOAT,)) for name in others]
                chosen = [options[min(number, len(options) - 1)] for options in given]
                start = getattr(watched, shape)
                if first in LISTS:
                    try:
                        return function([start, same], *[same if one is FLOAT else one for one in chosen])
                    except Exception:
                        pass
                return function(start, *[same if one is FLOAT else one for one in chosen])

            yield call


def loss_of(out: Any) -> Any:
    """A number to differentiate; where there is none, the verdict that says so, or None where nothing can be asked."""
    parts = [part for part in tf.nest.flatten(out, expand_composites=True) if part is not None]
    tensors = [part for part in parts if tf.is_tensor(part)]
    if not tensors:
        return "numpy" if any(isinstance(part, (np.ndarray, np.generic, float)) for part in parts) else None
    floats = [part for part in tensors if part.dtype.is_floating or part.dtype.is_complex]
    if not floats:
        return "none"
    # Random factors: a plain sum is constant behind a softmax.
    factors = [tf.random.stateless_uniform(tf.shape(part), (1, 2), 0.5, 1.5, tf.float64) for part in floats]
    return tf.add_n(
        [
            tf.reduce_sum(tf.cast(tf.math.real(part), tf.float64) * factor)
            for part, factor in zip(floats, factors, strict=True)
        ]
    )


def verdict_of_call(function: Callable[..., Any], call: Call, watch_all: bool = False) -> str | None:
    """What one call does to the gradient of its first float argument (or of all), or None where it cannot be asked."""
    variables = {name: tf.Variable(content, dtype=tf.float32) for name, content in CONTENT.items()}
    with tf.GradientTape() as tape:
        watched = values_from({name: tf.identity(variable) for name, variable in variables.items()})
        # Other values than the watched ones: the square of no difference has a zero for its gradient.
        constants = values_from({name: 0.8 * tf.constant(content, tf.float32) for name, content in CONTENT.items()})
        out = call(function, watched, watched if watch_all else constants)
        loss = loss_of(out)
    if not tf.is_tensor(loss):
        return loss
    try:
        gradients = tape.gradient(loss, list(variables.values()))
    except LookupError:
        return "error"
    found = [tf.convert_to_tensor(gradient) for gradient in gradients if gradient is not None]
    if not found:
        return "none"
    return "gradient" if any(bool(tf.reduce_any(gradient != 0)) for gradient in found) else "zero"


def best_verdict(function: Callable[..., Any], calls: Iterable[Call], watch_all: bool = False) -> str | None:
    """The most that any of these calls lets through, or None where none of them can be asked."""
    best: str | None = None
    for call in calls:
        try:
            verdict = verdict_of_call(function, call, watch_all)
        except Exception:
            continue
        if verdict is not None and (best is None or VERDICTS.index(verdict) < VERDICTS.index(best)):
            best = verdict
        if best == "gradient":
            break
    return best


def verdict_of(name: str, function: Callable[..., Any]) -> str:
    """What a function lets through of any of its float arguments."""
    known = known_calls(name)
    registered = registered_verdict(name.rpartition(".")[2]) if name.startswith("tf.raw_ops.") else "asked"
    if registered not in (None, "asked"):
        return registered
    if known is not None:
        return best_verdict(function, known) or "unmeasured"
    # Complex values are for what takes nothing else: a real number's sign has no gradient, a complex one's has.
    for shapes in (CONTENT, COMPLEX):
        best = best_verdict(function, generic_calls(function, shapes))
        if best in ("none", "zero", "error"):
            # `zeta(x, q)` has no gradient for x, yet a weight given as q is not lost.
            best = min(best, best_verdict(function, generic_calls(function, shapes), True) or best, key=VERDICTS.index)
        if best is not None:
            return best
    return "unmeasured"


ELSEWHERE = ("Boosted", "Collective", "Cudnn", "Debug", "Enqueue", "Load", "Quantized", "Sdca", "TPU", "Uniform", "Xla")
"""How operations are called that need other machines, or that no program calls by itself."""


def registered_verdict(name: str) -> str | None:
    """What TensorFlow's registry says of the gradient of an operation of floats: "asked" where the tape must be.

    An operation is not run where the registry knows: some end the process when their arguments do not fit.
    """
    from tensorflow.core.framework import op_def_pb2, types_pb2
    from tensorflow.python.framework import op_def_registry, ops

    floats = {types_pb2.DT_HALF, types_pb2.DT_FLOAT, types_pb2.DT_DOUBLE}
    floats |= {types_pb2.DT_COMPLEX64, types_pb2.DT_COMPLEX128}
    definition: Any = op_def_registry.get(name)
    if definition is None or name.startswith(ELSEWHERE) or "SparseCore" in name:
        return None

    def types(argument: op_def_pb2.OpDef.ArgDef) -> set[int]:
        if argument.type != types_pb2.DT_INVALID:
            return {argument.type}
        attribute = next((one for one in definition.attr if one.name == argument.type_attr), None)
        return set() if attribute is None else {*attribute.allowed_values.list.type}

    everything = [*definition.input_arg, *definition.output_arg]
    if any(one.is_ref or types(one) & {types_pb2.DT_RESOURCE, types_pb2.DT_VARIANT} for one in everything):
        return None
    if all(types(one) and not types(one) & floats for one in definition.input_arg):
        return None
    if all(types(one) and not types(one) & floats for one in definition.output_arg):
        return "none"
    try:
        return "none" if ops.gradient_registry.lookup(name) is None else "asked"
    except LookupError:
        return "error"


@cache
def by_keyword(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same, called by position: what stands in `tf.raw_ops` takes keywords only."""
    signature = inspect.signature(function)

    def called(*positional: Any, **keywords: Any) -> Any:
        return function(**signature.bind(*positional, **keywords).arguments)

    called.__signature__ = signature  # type: ignore[attr-defined]
    return called


def public_functions(prefix: str, module: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in sorted(dir(module)):
        function = getattr(module, name)
        if not name.startswith("_") and callable(function) and not inspect.isclass(function):
            if prefix != "tf.raw_ops":
                yield f"{prefix}.{name}", function
            elif registered_verdict(name) is not None:
                yield f"{prefix}.{name}", by_keyword(function)


def modules(part: str) -> list[tuple[str, Any]]:
    """The modules of one part of the table, each with the prefix of its canonical names."""
    if part == "tf":
        names = ("math", "nn", "linalg", "signal", "image", "random", "dtypes", "quantization", "debugging")
        named = [("tf", tf)] + [(f"tf.{name}", getattr(tf, name)) for name in names]
        return [*named, ("tf.experimental.numpy", tf.experimental.numpy), ("tf.raw_ops", tf.raw_ops)]
    if part.startswith("tfp."):
        import tensorflow_probability as tfp

        return [(part, getattr(tfp, part.removeprefix("tfp.")))]
    if part == "keras.ops":
        import keras

        return [("keras.ops", keras.ops), ("keras.ops.image", keras.ops.image)]
    import tf_keras

    return [("keras.backend", tf_keras.backend)]


def measure(part: str) -> dict[str, list[str]]:
    """The names of one part by verdict."""
    warnings.simplefilter("ignore")
    found: dict[str, list[str]] = {}
    known: dict[int, str] = {}
    for prefix, module in modules(part):
        for name, function in public_functions(prefix, module):
            short = name.rpartition(".")[2]
            verdict = "by dtype" if short in TAKES_A_TYPE else known.get(id(function))
            if verdict is None:
                verdict = known[id(function)] = verdict_of(name, function)
            found.setdefault(verdict, []).append(name)
    return found
