"""Asks the tape which constructor parameters of TensorFlow Probability (and of `tf.linalg`) keep a variable.

An object is made outside the tape from variables and used under it, twice, and its twin is made under the tape.
A parameter freezes if the twin has a gradient and the object has none; it is unmeasured if neither has.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

tfd, tfb, psd, sts, linalg = tfp.distributions, tfp.bijectors, tfp.math.psd_kernels, tfp.sts, tf.linalg

Weigh = Callable[[Any], Any]
"""Makes a variable of a value, or gives back the one made for it before."""
Recipe = dict[str, Any]
"""Constructor arguments: a function of `Weigh` makes what may hold variables, everything else is given as it is."""

BOILERPLATE = {
    "validate_args",
    "allow_nan_stats",
    "name",
    "dtype",
    "parameters",
    "experimental_use_kahan_sum",
    "validate",
    "force_probs_to_zero_outside_support",
    "is_non_singular",
    "is_self_adjoint",
    "is_positive_definite",
    "is_square",
    "assert_proper_shapes",
    "feature_ndims",
    "adjoint",
}
"""Parameters that hold no weight; those that end a constructor's list are left out of the table."""
DEFINITE = [[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 1.2]]
LOWER = [[1.4, 0.0, 0.0], [0.3, 1.2, 0.0], [0.1, 0.2, 1.1]]
VECTOR = [0.3, 0.5, 0.7]
POINTS = [[0.1, 0.4], [0.5, 0.9], [0.8, 0.2]]


def value(content: Any) -> Callable[[Weigh], Any]:
    return lambda weigh: weigh(content)


def normal(weigh: Weigh) -> Any:
    return tfd.Normal(weigh(0.3), weigh(1.2))


def normals(weigh: Weigh) -> Any:
    return tfd.Normal(weigh(VECTOR), weigh([1.1, 1.2, 1.3]))


def diagonal(weigh: Weigh) -> Any:
    return linalg.LinearOperatorDiag(weigh([1.1, 1.2, 1.3]))


def diagonal_normal(weigh: Weigh) -> Any:
    return tfd.MultivariateNormalDiag(weigh([0.1, 0.2]), weigh([1.1, 1.2]))


def categorical(weigh: Weigh) -> Any:
    return tfd.Categorical(logits=weigh(VECTOR))


def kernel(weigh: Weigh) -> Any:
    return psd.ExponentiatedQuadratic(weigh(1.3), weigh(0.8))


def state_space(**more: Any) -> Recipe:
    return {
        "num_timesteps": 4,
        "initial_state_prior": lambda weigh: tfd.MultivariateNormalDiag(weigh([0.1]), weigh([1.1])),
        **more,
    }


def prior(size: int) -> Callable[[Weigh], Any]:
    return lambda weigh: tfd.MultivariateNormalDiag(weigh([0.1] * size), weigh([1.1] * size))


def joint(weigh: Weigh) -> Any:
    scale = weigh(1.4)
    return [normal(weigh), lambda first: tfd.Normal(first, scale)]


def joint_by_name(weigh: Weigh) -> Any:
    scale = weigh(1.4)
    return {"first": normal(weigh), "second": lambda first: tfd.Normal(first, scale)}


def coroutine(weigh: Weigh) -> Any:
    first_location, second_scale = weigh(0.3), weigh(1.4)

    def model() -> Iterator[Any]:
        first = yield tfd.JointDistributionCoroutine.Root(tfd.Normal(first_location, 1.0))
        yield tfd.Normal(first, second_scale)

    return model


def gaussian_process_data() -> Recipe:
    return {
        "kernel": kernel,
        "index_points": value([[0.2, 0.3], [0.6, 0.7]]),
        "observation_index_points": value(POINTS),
        "observations": value([0.1, 0.5, 0.2]),
        "observation_noise_variance": value(0.2),
    }


RECIPES: dict[str, list[Recipe]] = {
    "tfp.distributions.Autoregressive": [
        {
            "distribution_fn": lambda weigh: (
                lambda scale: lambda sample: tfd.Independent(tfd.Normal(sample * 0.5, scale), 1)
            )(weigh([1.1, 1.2, 1.3])),
            "sample0": value(VECTOR),
            "num_steps": 3,
        }
    ],
    "tfp.distributions.BatchBroadcast": [{"distribution": normals, "to_shape": [2, 3]}],
    "tfp.distributions.BatchConcat": [{"distributions": lambda weigh: [normals(weigh), normals(weigh)], "axis": 0}],
    "tfp.distributions.BatchReshape": [{"distribution": normals, "batch_shape": [3, 1]}],
    "tfp.distributions.Bates": [{"total_count": 4.0, "low": value(0.1), "high": value(1.4)}],
    "tfp.distributions.BetaBinomial": [
        {"total_count": value(5.0), "concentration1": value(1.2), "concentration0": value(1.4)}
    ],
    "tfp.distributions.Binomial": [
        {"total_count": value(5.0), "logits": value(0.3)},
        {"total_count": value(5.0), "probs": value(0.3)},
    ],
    "tfp.distributions.Blockwise": [{"distributions": lambda weigh: [normal(weigh), normal(weigh)]}],
    "tfp.distributions.CholeskyLKJ": [{"dimension": 3, "concentration": value(1.5)}],
    "tfp.distributions.DeterminantalPointProcess": [
        {"eigenvalues": value([0.5, 0.7]), "eigenvectors": value([[1.0, 0.0], [0.0, 1.0]])}
    ],
    "tfp.distributions.DirichletMultinomial": [{"total_count": value(5.0), "concentration": value([1.1, 1.2, 1.3])}],
    "tfp.distributions.Empirical": [{"samples": value([0.1, 0.5, 0.9])}],
    "tfp.distributions.FiniteDiscrete": [
        {"outcomes": value([0.1, 0.5, 0.9]), "logits": value(VECTOR)},
        {"outcomes": value([0.1, 0.5, 0.9]), "probs": value([0.2, 0.3, 0.5])},
    ],
    "tfp.distributions.GaussianProcess": [
        {"kernel": kernel, "index_points": value(POINTS), "observation_noise_variance": value(0.2)}
    ],
    "tfp.distributions.GaussianProcessRegressionModel": [
        {**gaussian_process_data(), "predictive_noise_variance": value(0.3)}
    ],
    "tfp.distributions.StudentTProcess": [
        {"df": value(4.5), "kernel": kernel, "index_points": value(POINTS), "observation_noise_variance": value(0.2)}
    ],
    "tfp.distributions.StudentTProcessRegressionModel": [
        {"df": value(4.5), **gaussian_process_data(), "predictive_noise_variance": value(0.3)}
    ],
    "tfp.distributions.VariationalGaussianProcess": [
        {
            "kernel": kernel,
            "index_points": value([[0.2, 0.3], [0.6, 0.7]]),
            "inducing_index_points": value(POINTS),
            "variational_inducing_observations_loc": value([0.1, 0.5, 0.2]),
            "variational_inducing_observations_scale": value(LOWER),
            "observation_noise_variance": value(0.2),
            "predictive_noise_variance": value(0.1),
        }
    ],
    "tfp.distributions.HiddenMarkovModel": [
        {
            "initial_distribution": lambda weigh: tfd.Categorical(logits=weigh([0.3, 0.6])),
            "transition_distribution": lambda weigh: tfd.Categorical(logits=weigh([[0.3, 0.6], [0.1, 0.2]])),
            "observation_distribution": lambda weigh: tfd.Normal(weigh([0.1, 0.9]), weigh([1.1, 1.2])),
            "num_steps": 4,
        }
    ],
    "tfp.distributions.Independent": [{"distribution": normals, "reinterpreted_batch_ndims": 1}],
    "tfp.distributions.Inflated": [
        {"distribution": lambda weigh: tfd.Poisson(weigh(1.3)), "inflated_loc_logits": value(0.2), "inflated_loc": 0.0},
        {"distribution": lambda weigh: tfd.Poisson(weigh(1.3)), "inflated_loc_probs": value(0.2), "inflated_loc": 0.0},
    ],
    "tfp.distributions.ZeroInflatedNegativeBinomial": [
        {"inflated_loc_logits": value(0.2), "total_count": value(5.0), "logits": value(0.3)},
        {"inflated_loc_probs": value(0.2), "total_count": value(5.0), "probs": value(0.3)},
    ],
    "tfp.distributions.JointDistributionSequential": [{"model": joint}],
    "tfp.distributions.JointDistributionSequentialAutoBatched": [{"model": joint}],
    "tfp.distributions.JointDistributionNamed": [{"model": joint_by_name}],
    "tfp.distributions.JointDistributionNamedAutoBatched": [{"model": joint_by_name}],
    "tfp.distributions.JointDistributionCoroutine": [{"model": coroutine}],
    "tfp.distributions.JointDistributionCoroutineAutoBatched": [{"model": coroutine}],
    "tfp.distributions.LambertWDistribution": [
        {"distribution": normal, "shift": value(0.2), "scale": value(1.2), "tailweight": value(0.3)}
    ],
    "tfp.distributions.LinearGaussianStateSpaceModel": [
        {
            "num_timesteps": 4,
            "transition_matrix": lambda weigh: linalg.LinearOperatorFullMatrix(weigh([[0.9, 0.1], [0.0, 0.8]])),
            "transition_noise": diagonal_normal,
            "observation_matrix": lambda weigh: linalg.LinearOperatorFullMatrix(weigh([[0.9, 0.1]])),
            "observation_noise": prior(1),
            "initial_state_prior": diagonal_normal,
        },
        {
            "num_timesteps": 4,
            "transition_matrix": value([[0.9, 0.1], [0.0, 0.8]]),
            "transition_noise": diagonal_normal,
            "observation_matrix": value([[0.9, 0.1]]),
            "observation_noise": prior(1),
            "initial_state_prior": diagonal_normal,
        },
    ],
    "tfp.distributions.LKJ": [{"dimension": 3, "concentration": value(1.5)}],
    "tfp.distributions.MarkovChain": [
        {
            "initial_state_prior": normal,
            "transition_fn": lambda weigh: (lambda scale: lambda step, state: tfd.Normal(state, scale))(weigh(1.3)),
            "num_steps": 4,
        }
    ],
    "tfp.distributions.Masked": [{"distribution": normals, "validity_mask": [True, False, True]}],
    "tfp.distributions.MatrixNormalLinearOperator": [
        {"loc": value([VECTOR] * 3), "scale_row": diagonal, "scale_column": diagonal}
    ],
    "tfp.distributions.MatrixTLinearOperator": [
        {"df": value(4.5), "loc": value([VECTOR] * 3), "scale_row": diagonal, "scale_column": diagonal}
    ],
    "tfp.distributions.Mixture": [
        {"cat": categorical, "components": lambda weigh: [normal(weigh), normal(weigh), normal(weigh)]}
    ],
    "tfp.distributions.MixtureSameFamily": [{"mixture_distribution": categorical, "components_distribution": normals}],
    "tfp.distributions.MultivariateNormalDiagPlusLowRank": [
        {
            "loc": value(VECTOR),
            "scale_diag": value([1.1, 1.2, 1.3]),
            "scale_perturb_factor": value([[0.1], [0.2], [0.3]]),
            "scale_perturb_diag": value([0.4]),
        }
    ],
    "tfp.distributions.MultivariateNormalDiagPlusLowRankCovariance": [
        {
            "loc": value(VECTOR),
            "cov_diag_factor": value([1.1, 1.2, 1.3]),
            "cov_perturb_factor": value([[0.1], [0.2], [0.3]]),
        }
    ],
    "tfp.distributions.MultivariateNormalFullCovariance": [
        {"loc": value(VECTOR), "covariance_matrix": value(DEFINITE)}
    ],
    "tfp.distributions.MultivariateNormalLinearOperator": [{"loc": value(VECTOR), "scale": diagonal}],
    "tfp.distributions.MultivariateStudentTLinearOperator": [
        {"df": value(4.5), "loc": value(VECTOR), "scale": diagonal}
    ],
    "tfp.distributions.Multinomial": [
        {"total_count": value(5.0), "logits": value(VECTOR)},
        {"total_count": value(5.0), "probs": value([0.2, 0.3, 0.5])},
    ],
    "tfp.distributions.MultivariateNormalTriL": [{"loc": value(VECTOR), "scale_tril": value(LOWER)}],
    "tfp.distributions.NegativeBinomial": [
        {"total_count": value(5.0), "logits": value(0.3)},
        {"total_count": value(5.0), "probs": value(0.3)},
    ],
    "tfp.distributions.OrderedLogistic": [{"cutpoints": value([0.1, 0.5, 0.9]), "loc": value(0.3)}],
    "tfp.distributions.PERT": [{"low": value(0.1), "peak": value(0.5), "high": value(1.4), "temperature": value(4.0)}],
    "tfp.distributions.PoissonLogNormalQuadratureCompound": [
        {"loc": value(0.3), "scale": value(0.4), "quadrature_size": 4}
    ],
    "tfp.distributions.PowerSpherical": [{"mean_direction": value([0.6, 0.8]), "concentration": value(1.5)}],
    "tfp.distributions.VonMisesFisher": [{"mean_direction": value([0.6, 0.8]), "concentration": value(1.5)}],
    "tfp.distributions.QuantizedDistribution": [
        {"distribution": lambda weigh: tfd.Normal(weigh(2.3), weigh(1.2)), "low": value(0.0), "high": value(5.0)}
    ],
    "tfp.distributions.Sample": [{"distribution": normal, "sample_shape": [3]}],
    "tfp.distributions.StoppingRatioLogistic": [{"cutpoints": value([0.1, 0.5, 0.9]), "loc": value(0.3)}],
    "tfp.distributions.TransformedDistribution": [
        {"distribution": normal, "bijector": lambda weigh: tfb.Shift(weigh(0.4))}
    ],
    "tfp.distributions.Triangular": [{"low": value(0.1), "high": value(1.4), "peak": value(0.6)}],
    "tfp.distributions.TruncatedCauchy": [
        {"loc": value(0.3), "scale": value(1.2), "low": value(-1.0), "high": value(2.0)}
    ],
    "tfp.distributions.TruncatedNormal": [
        {"loc": value(0.3), "scale": value(1.2), "low": value(-1.0), "high": value(2.0)}
    ],
    "tfp.distributions.Uniform": [{"low": value(0.1), "high": value(1.4)}],
    "tfp.distributions.WishartLinearOperator": [{"df": value(4.5), "scale": diagonal}],
    "tfp.distributions.WishartTriL": [{"df": value(4.5), "scale_tril": value(LOWER)}],
    "tfp.distributions.VectorDeterministic": [{"loc": value(VECTOR)}],
    "tfp.distributions.Categorical": [{"logits": value(VECTOR)}, {"probs": value([0.2, 0.3, 0.5])}],
    "tfp.distributions.OneHotCategorical": [{"logits": value(VECTOR)}, {"probs": value([0.2, 0.3, 0.5])}],
    "tfp.distributions.RelaxedOneHotCategorical": [
        {"temperature": value(0.7), "logits": value(VECTOR)},
        {"temperature": value(0.7), "probs": value([0.2, 0.3, 0.5])},
    ],
    "tfp.distributions.ExpRelaxedOneHotCategorical": [
        {"temperature": value(0.7), "logits": value(VECTOR)},
        {"temperature": value(0.7), "probs": value([0.2, 0.3, 0.5])},
    ],
    "tfp.distributions.Geometric": [{"logits": value(0.3)}, {"probs": value(0.3)}],
    "tfp.distributions.NormalInverseGaussian": [
        {"loc": value(0.3), "scale": value(1.2), "tailweight": value(1.5), "skewness": value(0.4)}
    ],
    "tfp.distributions.SinhArcsinh": [
        {"loc": value(0.3), "scale": value(1.2), "skewness": value(0.4), "tailweight": value(1.5)},
        {"loc": value(0.3), "scale": value(1.2), "distribution": normal},
    ],
    "tfp.distributions.Deterministic": [{"loc": value(0.3)}],
    "tfp.distributions.SphericalUniform": [{"dimension": 3}],
    "tfp.distributions.FlatDirichlet": [{"concentration_shape": [3]}],
    "tfp.bijectors.Blockwise": [
        {"bijectors": lambda weigh: [tfb.Shift(weigh(0.3)), tfb.Scale(weigh(1.3))], "block_sizes": [1, 2]}
    ],
    "tfp.bijectors.Chain": [{"bijectors": lambda weigh: [tfb.Shift(weigh(0.3)), tfb.Scale(weigh(1.3))]}],
    "tfp.bijectors.CorrelationCholesky": [{}],
    "tfp.bijectors.FillScaleTriL": [{"diag_shift": value(0.1)}],
    "tfp.bijectors.TransformDiagonal": [{"diag_bijector": lambda weigh: tfb.Shift(weigh(0.3))}],
    "tfp.bijectors.Householder": [{"reflection_axis": value([0.6, 0.8, 0.0])}],
    "tfp.bijectors.Inline": [
        {
            "forward_fn": lambda weigh: (lambda shift: lambda x: x + shift)(weigh(0.3)),
            "inverse_fn": lambda weigh: (lambda shift: lambda y: y - shift)(weigh(0.3)),
            "forward_log_det_jacobian_fn": lambda weigh: (lambda shift: lambda x: shift)(weigh(0.3)),
            "forward_min_event_ndims": 0,
        }
    ],
    "tfp.bijectors.Invert": [{"bijector": lambda weigh: tfb.Shift(weigh(0.3))}],
    "tfp.bijectors.JointMap": [{"bijectors": lambda weigh: [tfb.Shift(weigh(0.3)), tfb.Scale(weigh(1.3))]}],
    "tfp.bijectors.MatvecLU": [{"lower_upper": value(LOWER), "permutation": [0, 1, 2]}],
    "tfp.bijectors.ScaleMatvecLU": [{"lower_upper": value(LOWER), "permutation": [0, 1, 2]}],
    "tfp.bijectors.MaskedAutoregressiveFlow": [
        {
            "shift_and_log_scale_fn": lambda weigh: (
                lambda scale: lambda x: (tf.zeros_like(x), scale * tf.ones_like(x))
            )(weigh(0.3)),
        }
    ],
    "tfp.bijectors.RealNVP": [
        {
            "num_masked": 1,
            "shift_and_log_scale_fn": lambda weigh: (
                lambda scale: lambda x, units, **_: (scale * tf.ones([2]), scale * tf.ones([2]))
            )(weigh(0.3)),
        }
    ],
    "tfp.bijectors.Ordered": [{}],
    "tfp.bijectors.Pad": [{"constant_values": value(0.3)}],
    "tfp.bijectors.Power": [{"power": value(3.0)}],
    "tfp.bijectors.PowerTransform": [{"power": value(0.5)}],
    "tfp.bijectors.RationalQuadraticSpline": [
        {
            "bin_widths": value([1.0, 1.0]),
            "bin_heights": value([0.8, 1.2]),
            "knot_slopes": value([1.3]),
            "range_min": value(-1.0),
        }
    ],
    "tfp.bijectors.Scale": [{"scale": value(1.3)}, {"log_scale": value(0.3)}],
    "tfp.bijectors.ScaleMatvecDiag": [{"scale_diag": value([1.1, 1.2, 1.3])}],
    "tfp.bijectors.ScaleMatvecTriL": [{"scale_tril": value(LOWER)}],
    "tfp.bijectors.ScaleMatvecLinearOperator": [{"scale": diagonal}],
    "tfp.bijectors.ScaleMatvecLinearOperatorBlock": [
        {"scale": lambda weigh: linalg.LinearOperatorBlockDiag([diagonal(weigh), diagonal(weigh)])}
    ],
    "tfp.bijectors.Shift": [{"shift": value(0.3)}],
    "tfp.bijectors.Sigmoid": [{"low": value(0.1), "high": value(1.4)}],
    "tfp.bijectors.SoftClip": [{"low": value(0.1), "high": value(1.4), "hinge_softness": value(1.2)}],
    "tfp.bijectors.Softplus": [{"hinge_softness": value(1.2), "low": value(0.1)}],
    "tfp.bijectors.Softfloor": [{"temperature": value(1.2)}],
    "tfp.math.psd_kernels.ChangePoint": [
        {"kernels": lambda weigh: [kernel(weigh), kernel(weigh)], "locs": value([0.4]), "slopes": value([1.2])}
    ],
    "tfp.math.psd_kernels.FeatureScaled": [
        {"kernel": kernel, "scale_diag": value([1.1, 1.2])},
        {"kernel": kernel, "inverse_scale_diag": value([1.1, 1.2])},
    ],
    "tfp.math.psd_kernels.FeatureTransformed": [
        {"kernel": kernel, "transformation_fn": lambda weigh: (lambda scale: lambda x, *_: x * scale)(weigh(1.3))}
    ],
    "tfp.math.psd_kernels.KumaraswamyTransformed": [
        {"kernel": kernel, "concentration1": value([1.1, 1.2]), "concentration0": value([1.1, 1.2])}
    ],
    "tfp.math.psd_kernels.PointwiseExponential": [{"kernel": kernel}],
    "tfp.math.psd_kernels.SchurComplement": [
        {"base_kernel": kernel, "fixed_inputs": value([[0.2, 0.3], [0.6, 0.7]]), "diag_shift": value(0.1)}
    ],
    "tfp.math.psd_kernels.SpectralMixture": [
        {
            "logits": value([0.1, 0.4]),
            "locs": value([[0.1, 0.4], [0.2, 0.3]]),
            "scales": value([[1.1, 1.4], [1.2, 1.3]]),
        }
    ],
    "tf.linalg.LinearOperatorAdjoint": [{"operator": lambda weigh: linalg.LinearOperatorFullMatrix(weigh(DEFINITE))}],
    "tf.linalg.LinearOperatorBlockDiag": [{"operators": lambda weigh: [diagonal(weigh), diagonal(weigh)]}],
    "tf.linalg.LinearOperatorBlockLowerTriangular": [
        {
            "operators": lambda weigh: [
                [diagonal(weigh)],
                [linalg.LinearOperatorFullMatrix(weigh(DEFINITE)), diagonal(weigh)],
            ]
        }
    ],
    "tf.linalg.LinearOperatorCirculant": [{"spectrum": value([1.1, 1.2, 1.2])}],
    "tf.linalg.LinearOperatorCirculant2D": [{"spectrum": value([[1.1, 1.2], [1.2, 1.3]])}],
    "tf.linalg.LinearOperatorCirculant3D": [{"spectrum": value([[[1.1, 1.2], [1.2, 1.3]]] * 2)}],
    "tf.linalg.LinearOperatorComposition": [{"operators": lambda weigh: [diagonal(weigh), diagonal(weigh)]}],
    "tf.linalg.LinearOperatorDiag": [{"diag": value([1.1, 1.2, 1.3])}],
    "tf.linalg.LinearOperatorFullMatrix": [{"matrix": value(DEFINITE)}],
    "tf.linalg.LinearOperatorHouseholder": [{"reflection_axis": value([0.6, 0.8, 0.1])}],
    "tf.linalg.LinearOperatorInversion": [
        {"operator": lambda weigh: linalg.LinearOperatorFullMatrix(weigh(DEFINITE), is_non_singular=True)}
    ],
    "tf.linalg.LinearOperatorKronecker": [{"operators": lambda weigh: [diagonal(weigh), diagonal(weigh)]}],
    "tf.linalg.LinearOperatorLowRankUpdate": [
        {
            "base_operator": diagonal,
            "u": value([[0.1], [0.2], [0.3]]),
            "diag_update": value([1.2]),
            "v": value([[0.2], [0.1], [0.3]]),
        }
    ],
    "tf.linalg.LinearOperatorLowerTriangular": [{"tril": value(LOWER)}],
    "tf.linalg.LinearOperatorScaledIdentity": [{"num_rows": 3, "multiplier": value(1.3)}],
    "tf.linalg.LinearOperatorToeplitz": [{"col": value([1.1, 0.2, 0.3]), "row": value([1.1, 0.4, 0.5])}],
    "tf.linalg.LinearOperatorTridiag": [
        {
            "diagonals": lambda weigh: [weigh([0.1, 0.2, 0.3]), weigh([1.1, 1.2, 1.3]), weigh([0.3, 0.1, 0.2])],
            "diagonals_format": "sequence",
        },
        {"diagonals": value([[0.1, 0.2, 0.3], [1.1, 1.2, 1.3], [0.3, 0.1, 0.2]]), "diagonals_format": "compact"},
    ],
    "tfp.sts.AdditiveStateSpaceModel": [
        {
            "component_ssms": lambda weigh: [
                sts.LocalLevelStateSpaceModel(4, level_scale=weigh(0.5), initial_state_prior=prior(1)(weigh)),
                sts.LocalLevelStateSpaceModel(4, level_scale=weigh(0.6), initial_state_prior=prior(1)(weigh)),
            ],
            "observation_noise_scale": value(0.3),
        }
    ],
    "tfp.sts.AutoregressiveStateSpaceModel": [
        {
            "num_timesteps": 4,
            "coefficients": value([0.5, 0.2]),
            "level_scale": value(0.5),
            "initial_state_prior": prior(2),
            "observation_noise_scale": value(0.3),
        }
    ],
    "tfp.sts.AutoregressiveMovingAverageStateSpaceModel": [
        {
            "num_timesteps": 4,
            "ar_coefficients": value([0.5, 0.2]),
            "ma_coefficients": value([0.3]),
            "level_scale": value(0.5),
            "initial_state_prior": prior(2),
            "observation_noise_scale": value(0.3),
        }
    ],
    "tfp.sts.ConstrainedSeasonalStateSpaceModel": [
        {
            "num_timesteps": 4,
            "num_seasons": 3,
            "drift_scale": value(0.5),
            "initial_state_prior": prior(2),
            "observation_noise_scale": value(0.3),
        }
    ],
    "tfp.sts.DynamicLinearRegressionStateSpaceModel": [
        {
            "num_timesteps": 4,
            "design_matrix": value([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8]]),
            "drift_scale": value(0.5),
            "initial_state_prior": prior(2),
            "observation_noise_scale": value(0.3),
        }
    ],
    "tfp.sts.IntegratedStateSpaceModel": [
        {
            "original_ssm": lambda weigh: sts.LocalLevelStateSpaceModel(
                4, level_scale=weigh(0.5), initial_state_prior=prior(1)(weigh)
            )
        }
    ],
    "tfp.sts.LocalLevelStateSpaceModel": [state_space(level_scale=value(0.5), observation_noise_scale=value(0.3))],
    "tfp.sts.LocalLinearTrendStateSpaceModel": [
        {
            "num_timesteps": 4,
            "level_scale": value(0.5),
            "slope_scale": value(0.4),
            "initial_state_prior": prior(2),
            "observation_noise_scale": value(0.3),
        }
    ],
    "tfp.sts.SeasonalStateSpaceModel": [
        {
            "num_timesteps": 4,
            "num_seasons": 3,
            "drift_scale": value(0.5),
            "initial_state_prior": prior(3),
            "observation_noise_scale": value(0.3),
        }
    ],
    "tfp.sts.SemiLocalLinearTrendStateSpaceModel": [
        {
            "num_timesteps": 4,
            "level_scale": value(0.5),
            "slope_mean": value(0.1),
            "slope_scale": value(0.4),
            "autoregressive_coef": value(0.5),
            "initial_state_prior": prior(2),
            "observation_noise_scale": value(0.3),
        }
    ],
    "tfp.sts.SmoothSeasonalStateSpaceModel": [
        {
            "num_timesteps": 4,
            "period": 4,
            "frequency_multipliers": [1],
            "drift_scale": value(0.5),
            "initial_state_prior": prior(2),
            "observation_noise_scale": value(0.3),
        }
    ],
    "tfp.util.DeferredTensor": [{"pretransformed_input": value(VECTOR), "transform_fn": tf.exp}],
    "tf.SparseTensor": [{"indices": [[0], [2]], "values": value([0.3, 0.5]), "dense_shape": [4]}],
    "tf.IndexedSlices": [{"values": value(VECTOR), "indices": [0, 2, 3], "dense_shape": [4]}],
    "tf.sparse.from_dense": [{"tensor": value(VECTOR)}],
    "tf.RaggedTensor.from_row_lengths": [{"values": value(VECTOR), "row_lengths": [1, 2]}],
    "tf.RaggedTensor.from_row_limits": [{"values": value(VECTOR), "row_limits": [1, 3]}],
    "tf.RaggedTensor.from_row_splits": [{"values": value(VECTOR), "row_splits": [0, 1, 3]}],
    "tf.RaggedTensor.from_row_starts": [{"values": value(VECTOR), "row_starts": [0, 1]}],
    "tf.RaggedTensor.from_nested_row_lengths": [{"flat_values": value(VECTOR), "nested_row_lengths": [[1, 2]]}],
    "tf.RaggedTensor.from_nested_row_splits": [{"flat_values": value(VECTOR), "nested_row_splits": [[0, 1, 3]]}],
    "tf.RaggedTensor.from_tensor": [{"tensor": value(POINTS)}],
    "tf.RaggedTensor.from_uniform_row_length": [{"values": value(VECTOR), "uniform_row_length": 1}],
    "tf.RaggedTensor.from_value_rowids": [{"values": value(VECTOR), "value_rowids": [0, 1, 1]}],
    "tf.ragged.stack": [{"values": lambda weigh: [weigh(VECTOR), weigh([0.2])]}],
}


def plain(tensor: Any) -> Any:
    """A value that remembers no op and sits in no bijector's cache."""
    return tf.nest.map_structure(lambda part: tf.constant(np.asarray(part)), tensor)


Use = Callable[[Any, Any], Any]
"""One use of an object: the object and what is given to it."""


def event_ranks(made: Any) -> tuple[Any, Any]:
    return made.forward_min_event_ndims, made.inverse_min_event_ndims


USES: dict[str, dict[str, Use]] = {
    "distribution": {
        "log_prob": lambda made, given: made.log_prob(plain(given)),
        "sample": lambda made, given: made.sample(seed=(1, 2)),
        "mean": lambda made, given: made.mean(),
    },
    "bijector": {
        "forward": lambda made, given: made.forward(plain(given[0])),
        "inverse": lambda made, given: made.inverse(plain(given[1])),
        "forward_log_det_jacobian": lambda made, given: made.forward_log_det_jacobian(
            plain(given[0]), event_ndims=event_ranks(made)[0]
        ),
        "inverse_log_det_jacobian": lambda made, given: made.inverse_log_det_jacobian(
            plain(given[1]), event_ndims=event_ranks(made)[1]
        ),
    },
    "PSD kernel": {
        "matrix": lambda made, given: made.matrix(tf.constant(POINTS), tf.constant(POINTS)),
        "apply": lambda made, given: made.apply(tf.constant(POINTS), tf.constant(POINTS) + 0.1),
    },
    "linear operator": {
        "to_dense": lambda made, given: made.to_dense(),
        "log_abs_determinant": lambda made, given: made.log_abs_determinant(),
        "trace": lambda made, given: made.trace(),
    },
    "sparse tensor": {
        "dense": lambda made, given: (
            tf.sparse.to_dense(made) if isinstance(made, tf.SparseTensor) else tf.convert_to_tensor(made)
        )
    },
    "ragged tensor": {"dense": lambda made, given: made.to_tensor()},
    "deferred tensor": {"read": lambda made, given: tf.convert_to_tensor(made) * 1.0},
}
USES["joint distribution"] = USES["state space model"] = USES["distribution"]

NOT_ASKED = ("numpy", "print")
"""Methods that nothing is learnt from and that do something besides."""

STATISTICS = ("mean", "mode", "stddev", "variance", "entropy")
"""What a distribution says of itself, maybe by some of its parameters only."""

SAMPLES = (0.4, VECTOR, DEFINITE, [0.4, 0.5, 0.6, 0.7, 0.8, 0.9], [tf.constant(VECTOR)] * 2, [0.4, 0.6])
"""What a bijector may take; the first that fits is given to it."""


def given_to(made: Any, kind: str) -> Any:
    """What the uses of an object need: a sample of a distribution, both sides of a bijector."""
    if USES[kind] is USES["distribution"]:
        return plain(made.sample(seed=(1, 2)))
    if kind == "bijector":
        for sample in SAMPLES:
            try:
                start = plain(tf.nest.map_structure(tf.convert_to_tensor, sample))
                given = start, plain(made.forward(start))
                USES[kind]["forward_log_det_jacobian"](made, given)
            except Exception:
                continue
            return given
        raise ValueError("no sample fits")
    return None


KINDS: dict[str, tuple[type, ...]] = {
    "joint distribution": (tfd.JointDistribution,),
    "state space model": (tfd.LinearGaussianStateSpaceModel, sts.StructuralTimeSeries),
    "distribution": (tfd.Distribution,),
    "bijector": (tfb.Bijector,),
    "PSD kernel": (psd.PositiveSemidefiniteKernel,),
    "linear operator": (linalg.LinearOperator,),
}
"""The most specific kind first."""
FACTORIES: dict[str, tuple[Any, str]] = {
    "tfp.util.DeferredTensor": (tfp.util.DeferredTensor, "deferred tensor"),
    "tf.SparseTensor": (tf.SparseTensor, "sparse tensor"),
    "tf.IndexedSlices": (tf.IndexedSlices, "sparse tensor"),
    "tf.sparse.from_dense": (tf.sparse.from_dense, "sparse tensor"),
    "tf.ragged.stack": (tf.ragged.stack, "ragged tensor"),
} | {
    f"tf.RaggedTensor.{name}": (getattr(tf.RaggedTensor, name), "ragged tensor")
    for name in dir(tf.RaggedTensor)
    if name.startswith("from_") and f"tf.RaggedTensor.{name}" in RECIPES
}


def found_classes() -> Iterator[tuple[str, Any, str]]:
    """Every public class, its canonical name and its kind."""
    for prefix, module in (
        ("tfp.distributions", tfd),
        ("tfp.bijectors", tfb),
        ("tfp.math.psd_kernels", psd),
        ("tfp.sts", sts),
        ("tf.linalg", linalg),
    ):
        for name in sorted(dir(module)):
            found = getattr(module, name)
            if inspect.isclass(found) and not name.startswith("_"):
                for kind, bases in KINDS.items():
                    if issubclass(found, bases):
                        yield f"{prefix}.{name}", found, kind
                        break
    for name, (found, kind) in FACTORIES.items():
        yield name, found, kind


def parameters_of(found: Any) -> list[str]:
    """The constructor's parameters in the order of its positions, without those that every class has."""
    signature = inspect.signature(found.__init__ if inspect.isclass(found) else found)
    names = [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) and parameter.name != "self"
    ]
    while names and names[-1] in BOILERPLATE:
        names.pop()
    return names


def own_recipes(found: Any) -> list[Recipe]:
    """Recipes from what a class tells of its parameters: values that its own constraining bijectors give."""
    try:
        properties = found.parameter_properties()
    except (NotImplementedError, AttributeError):
        return []
    known = set(parameters_of(found))
    preferred: Recipe = {}
    others: Recipe = {}
    for name, property_of in properties.items():
        if name not in known:
            continue
        rank = property_of.event_ndims
        try:
            start = tf.fill([3] * rank, 0.3) if rank < 2 else tf.constant(LOWER)
            content = property_of.default_constraining_bijector_fn()(start).numpy().tolist()
        except Exception:
            continue
        (preferred if property_of.is_preferred else others)[name] = value(content)
    candidates = [preferred] + [{k: v for k, v in preferred.items() if k != left} for left in preferred]
    for name, content in others.items():
        candidates.append({**preferred, name: content})
        candidates += [{**{k: v for k, v in preferred.items() if k != left}, name: content} for left in preferred]
    return [candidate for candidate in candidates if candidate]


class Construction:
    """Makes one object from a recipe, again and again from the same variables, and knows whose they are."""

    def __init__(self, found: Any, recipe: Recipe) -> None:
        self.found, self.recipe = found, recipe
        self.variables: dict[str, list[tf.Variable]] = {}

    def make(self) -> Any:
        arguments = {}
        for name, content in self.recipe.items():
            if not (callable(content) and getattr(content, "__module__", "") == __name__):
                arguments[name] = content
                continue
            known = self.variables.get(name)
            made: list[tf.Variable] = []

            def weigh(
                start: Any, known: list[tf.Variable] | None = known, made: list[tf.Variable] = made
            ) -> tf.Variable:
                made.append(tf.Variable(start) if known is None else known[len(made)])
                return made[-1]

            arguments[name] = content(weigh)
            self.variables[name] = made
        return self.found(**arguments)

    def gradients(self, use: Use, given: Any, made: Any = None) -> set[tuple[str, int]]:
        """The variables that get a gradient, as parameter and number; without `made`, of a twin from under the tape."""
        variables = {
            (name, number): variable
            for name, variables in self.variables.items()
            for number, variable in enumerate(variables)
        }
        if made is not None:
            use(made, given)
        with tf.GradientTape() as tape:
            out = use(self.make() if made is None else made, given)
            parts = [
                tf.reduce_sum(tf.math.real(part))
                for part in tf.nest.flatten(out)
                if tf.is_tensor(part) and (part.dtype.is_floating or part.dtype.is_complex)
            ]
            loss = sum(parts[1:], parts[0]) if parts else None
        if loss is None:
            return set()
        return {key for key, gradient in tape.gradient(loss, variables).items() if gradient is not None}

    def gradients_of_first(self, use: Use, given: Any, made: Any) -> set[tuple[str, int]]:
        """The variables that get a gradient by the first use of an object, which has made `given` itself."""
        variables = {(name, n): one for name, several in self.variables.items() for n, one in enumerate(several)}
        with tf.GradientTape() as tape:
            loss = sum(tf.reduce_sum(part) for part in tf.nest.flatten(use(made, given)))
        return {key for key, gradient in tape.gradient(loss, variables).items() if gradient is not None}

    def gradients_in_a_graph(self, use: Use, given: Any) -> set[tuple[str, int]]:
        """The same of a twin that a `tf.function` makes and uses."""
        found: set[tuple[str, int]] = set()
        tf.function(lambda: found.update(self.gradients(use, given)), autograph=False)()
        return found


def remembered_by(construction: Construction, made: Any, given: Any) -> set[str]:
    """What the density of a distribution's own earlier sample has no gradient for, unlike that of an equal tensor.

    `value` is the sample itself.
    """

    def use(made: Any, given: Any) -> Any:
        return made.log_prob(given)

    try:
        plainly = construction.gradients(use, given, made)
        twin = construction.make()
        own = construction.gradients_of_first(use, twin.sample(seed=(1, 2)), twin)
        sample = made.sample(seed=(1, 2))
        asked = {}
        for name, point in {"plain": plain(sample), "own": sample}.items():
            with tf.GradientTape() as tape:
                tape.watch(point)
                asked[name] = tape.gradient(made.log_prob(point), point)
    except Exception:
        return set()
    lost = {parameter for parameter, _ in plainly} - {parameter for parameter, _ in own}
    return lost | ({"value"} if asked["plain"] is not None and asked["own"] is None else set())


def remembered_of_image(construction: Construction, made: Any, given: Any) -> set[str]:
    """What has no gradient from the way back from a bijector's own earlier image, unlike from an equal tensor."""

    def use(made: Any, image: Any) -> Any:
        return made.inverse(image), made.inverse_log_det_jacobian(image, event_ndims=event_ranks(made)[1])

    try:
        plainly = construction.gradients_of_first(use, plain(made.forward(given[0])), made)
        twin = construction.make()
        own = construction.gradients_of_first(use, twin.forward(given[0]), twin)
    except Exception:
        return set()
    return {parameter for parameter, _ in plainly} - {parameter for parameter, _ in own}


def given_back(construction: Construction, made: Any) -> dict[str, str]:
    """The attributes, and the methods that ask for nothing, that give the very variable back which a parameter got."""
    variables = {id(several[0]): name for name, several in construction.variables.items() if len(several) == 1}
    found = {}
    for name in dir(made):
        if name.startswith("_") or name in NOT_ASKED:
            continue
        key = name
        try:
            answer = getattr(made, name)
            if callable(answer) and id(answer) not in variables:
                key, answer = f"{name}()", answer()
        except Exception:
            continue
        if id(answer) in variables:
            found[key] = variables[id(answer)]
    return found


def measure_class(name: str, found: Any, kind: str) -> dict[str, Any]:
    """The table's entry for one class."""
    parameters = parameters_of(found)
    keeps: set[str] = set()
    freezes: set[str] = set()
    sampled: set[str] = set()
    lost: dict[str, set[str]] = {}
    told: dict[str, set[str]] = {}
    remembered: set[str] = set()
    gives: dict[str, str] = {}
    has_sample = False
    for recipe in RECIPES.get(name) or own_recipes(found):
        if recipe.keys() <= keeps | freezes:
            continue
        construction = Construction(found, recipe)
        try:
            made = construction.make()
            given = given_to(made, kind)
        except Exception:
            continue
        gives |= given_back(construction, construction.make())
        for use_name, use in USES[kind].items():
            try:
                outside, inside = construction.gradients(use, given, made), construction.gradients(use, given)
            except Exception:
                continue
            keeps |= {parameter for parameter, _ in outside}
            freezes |= {parameter for parameter, _ in inside - outside}
            if use_name == "sample":
                has_sample = True
                if len(inside) < sum(map(len, construction.variables.values())):
                    # `LinearGaussianStateSpaceModel.sample` has a gradient in a `tf.function` only.
                    inside = inside | construction.gradients_in_a_graph(use, given)
                sampled |= {parameter for parameter, _ in inside}
        for statistic in STATISTICS if USES[kind] is USES["distribution"] else ():
            try:
                inside = construction.gradients(lambda made, given, name=statistic: getattr(made, name)(), given)
            except Exception:
                continue
            told.setdefault(statistic, set()).update(parameter for parameter, _ in inside)
            lost.setdefault(statistic, set()).update(construction.variables)
        if USES[kind] is USES["distribution"]:
            remembered |= remembered_by(construction, made, given)
        elif kind == "bijector":
            remembered |= remembered_of_image(construction, made, given)
    parameters += sorted((keeps | freezes) - set(parameters))
    keeps -= freezes
    entry: dict[str, Any] = {"kind": kind, "parameters": parameters}
    measured = {"freezes": freezes, "keeps": keeps, "unmeasured": set(parameters) - keeps - freezes}
    entry.update({key: sorted(names, key=parameters.index) for key, names in measured.items() if names})
    if has_sample and keeps | freezes:
        entry["reparameterized"] = bool(sampled) if sampled in (set(), keeps | freezes) else "partial"
        entry["sample_gradient"] = sorted(sampled, key=parameters.index)
    without = {
        statistic: sorted((names - told[statistic]) & (keeps | freezes), key=parameters.index)
        for statistic, names in lost.items()
    }
    if any(without.values()):
        entry["no_gradient"] = {statistic: names for statistic, names in without.items() if names}
    others = {answer: parameter for answer, parameter in gives.items() if answer != parameter}
    if others:
        entry["gives"] = dict(sorted(others.items()))
    if remembered:
        entry["own_image_without" if kind == "bijector" else "own_sample_without"] = sorted(remembered)
    return entry


def measure() -> dict[str, Any]:
    """The whole table, by canonical name."""
    warnings.simplefilter("ignore")
    return {name: measure_class(name, found, kind) for name, found, kind in found_classes()}
