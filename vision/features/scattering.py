"""The scattering transform (Bruna and Mallat, 2013, doi 10.1109/TPAMI.2012.230): fixed wavelets, without learning.

The coefficients are local means: of order 0 of the image, of order 1 of the moduli of the image's wavelet transform, of
order 2 of the moduli of these moduli's transform by larger wavelets. Filters, borders and the order of the coefficients
are those of kymatio 0.3 (Andreux et al., 2020, JMLR 21); the coefficients differ from kymatio's by float32's rounding.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, reduce
from itertools import product
from typing import NamedTuple

import numpy as np
import scipy.fft
from threadpoolctl import threadpool_limits

from vision.data.dataset import Samples
from vision.pipeline.errors import UserError

CHUNK = 2**17  # complex values that a thread computes at a time: 1 MiB, a processor's cache
PERIODS = 2  # before and after the grid, over which filters are summed
PI = 3.1415  # as in kymatio's integral of a Gaussian: all digits would change coefficients by 1e-4


class FilterBank(NamedTuple):
    """The filters for images of one size. At resolution r, a grid has every 2^r-th point.

    Wavelets are spectra by resolution and scale, float32 (angles, padded height / 2^r, padded width / 2^r).
    """

    padding: tuple[tuple[int, int], ...]  # pixels before and after the image, by axis
    wavelets: dict[tuple[int, int], np.ndarray]
    smoothers: list[tuple[np.ndarray, np.ndarray]]  # by resolution, the matrices from `smoother` for rows and columns
    shape: tuple[int, int, int]  # coefficients, height, width of one channel's output

    def smooth(self, values: np.ndarray, resolution: int) -> np.ndarray:
        """Local means of maps at this resolution, float32 (..., height, width)."""
        rows, columns = self.smoothers[resolution]
        return rows @ values @ columns.T


@lru_cache(maxsize=2)
def filter_bank(height: int, width: int, scales: int, angles: int) -> FilterBank:
    """Make the filters for images of height × width pixels, each at least 2^scales."""
    sides = [(side // 2**scales + 2) * 2**scales for side in (height, width)]
    added = [padded - side for padded, side in zip(sides, (height, width), strict=True)]
    wavelets = {}
    for scale in range(scales):
        spectra = np.stack([morlet(*sides, scale, angle, angles) for angle in range(angles)])
        for resolution in range(scale + 1):
            wavelets[resolution, scale] = lowest(lowest(spectra, resolution, 1), resolution, 2).astype(np.float32)
    return FilterBank(
        padding=tuple((total // 2, total - total // 2) for total in added),
        wavelets=wavelets,
        smoothers=[tuple(smoother(side, resolution, scales) for side in sides) for resolution in range(scales)],
        shape=(1 + scales * angles + scales * (scales - 1) // 2 * angles**2, *(s // 2**scales - 2 for s in sides)),
    )


def morlet(height: int, width: int, scale: int, angle: int, angles: int) -> np.ndarray:
    """Spectrum of a Morlet wavelet: a wave of mean zero under a Gaussian, periodic, float64 (height, width)."""
    sigma, slant = 0.8 * 2**scale, 4 / angles
    direction = np.pi * (max(angles // 2 - 1, 0) - angle) / angles
    y, x = np.ogrid[tuple(slice(-PERIODS * side, (PERIODS + 1) * side) for side in (height, width))]
    along, across = y * np.cos(direction) + x * np.sin(direction), x * np.cos(direction) - y * np.sin(direction)
    gaussian = np.exp(-(along**2 + (slant * across) ** 2) / (2 * sigma**2)) * slant / (2 * PI * sigma**2)
    wave = gaussian * np.exp(0.75j * np.pi / 2**scale * along)
    wave, gaussian = (folded(folded(values, height, 0), width, 1) for values in (wave, gaussian))
    # The wavelet rotated by 180 degrees is its complex conjugate, so its spectrum is real.
    return scipy.fft.fft2(wave - wave.sum() / gaussian.sum() * gaussian).real


def smoother(side: int, resolution: int, scales: int) -> np.ndarray:
    """Matrix that takes local means along one axis of a grid, float32 (side / 2^scales - 2, side / 2^resolution).

    A matrix on either side of a map smoothes it, keeps every 2^scales-th pixel and drops the padding.
    """
    sigma, step = 0.8 * 2 ** (scales - 1), 2 ** (scales - resolution)
    gaussian = np.exp(-(np.arange(-PERIODS * side, (PERIODS + 1) * side) ** 2) / (2 * sigma**2))
    spectrum = scipy.fft.fft(folded(gaussian, side, 0)).real / np.sqrt(2 * PI * sigma**2)
    kernel = scipy.fft.ifft(lowest(spectrum, resolution, 0)).real
    centres = np.arange(step, len(kernel) - step, step)
    return kernel[(centres[:, None] - np.arange(len(kernel))) % len(kernel)].astype(np.float32)


def lowest(spectra: np.ndarray, resolution: int, axis: int) -> np.ndarray:
    """Spectra of filters on every 2^resolution-th point of an axis: their lowest frequencies, of either sign."""
    side = spectra.shape[axis]
    half = side // 2**resolution // 2
    return spectra.take(np.r_[:half, side - half : side], axis)


def folded(values: np.ndarray, side: int, axis: int) -> np.ndarray:
    """Sum of an axis' parts of length `side`: makes a grid periodic, or gives the spectrum of every n-th point."""
    return reduce(np.add, np.split(values, values.shape[axis] // side, axis))  # .sum(axis) is slower by half


def moduli(spectra: np.ndarray, wavelets: np.ndarray, step: int) -> np.ndarray:
    """Moduli of images convolved with wavelets, at every step-th point, float32 (N, angles, H / step, W / step).

    `spectra` are of images, divided by H × W, complex64 (N, H, W); those of wavelets are float32 (angles, H, W).
    """
    height, width = wavelets.shape[1:]
    products = folded(folded(spectra[:, None] * wavelets, height // step, 2), width // step, 3)
    return np.abs(scipy.fft.ifft2(products, norm="forward", overwrite_x=True))


def scatter(planes: np.ndarray, bank: FilterBank, output: np.ndarray) -> None:
    """Compute the coefficients of one-channel images, float32 (N, H, W), into `output`, (N, *bank.shape)."""
    scales, angles = len(bank.smoothers), len(bank.wavelets[0, 0])
    planes = np.pad(planes, ((0, 0), *bank.padding), mode="reflect")
    spectra = scipy.fft.fft2(planes, norm="forward")
    output[:, 0] = bank.smooth(planes, 0)
    end = 1 + scales * angles  # of the coefficients so far: order 2 comes after order 1
    for scale in range(scales):
        first = moduli(spectra, bank.wavelets[0, scale], 2**scale)
        output[:, 1 + scale * angles : 1 + (scale + 1) * angles] = bank.smooth(first, scale)
        if scale + 1 == scales:
            break
        inner = scipy.fft.fft2(first, norm="forward")
        for angle, larger in product(range(angles), range(scale + 1, scales)):
            second = moduli(inner[:, angle], bank.wavelets[scale, larger], 2 ** (larger - scale))
            output[:, end : end + angles] = bank.smooth(second, larger)
            end += angles


class Scattering:
    """Scattering coefficients of orders 0 to 2; each image's in one row: (channel, coefficient, y, x)."""

    n_parameters = 0  # nothing is fitted

    def __init__(self, *, scales: int, angles: int, precision: str, seed: int, threads: int, device: str):
        """Take kymatio's J and L, and the dtype of the coefficients; the device is always the CPU."""
        self.scales, self.angles, self.precision, self.threads = scales, angles, precision, threads

    def fit_transform(self, train: Samples) -> np.ndarray:
        """Coefficients of the training images."""
        coefficients = self.transform(train)
        self.shape = filter_bank(*train.inputs.shape[2:], self.scales, self.angles).shape
        return coefficients

    def transform(self, samples: Samples) -> np.ndarray:
        """Coefficients of images, float32 or float16 (N, D)."""
        images, scale = samples.inputs, np.float32(samples.scale)
        if images.dtype != np.uint8 or images.ndim != 4:
            raise UserError(f"inputs are {images.dtype} {images.shape}: scattering takes images, uint8 (N, C, H, W)")
        n, channels, *size = images.shape
        if (most := min(size).bit_length() - 1) < self.scales:
            raise UserError(f"scales is {self.scales}: images of {size[0]} x {size[1]} pixels allow {most} at most")
        bank = filter_bank(*size, self.scales, self.angles)
        coefficients = np.empty((n, channels, *bank.shape), self.precision)
        step = max(1, CHUNK // (channels * bank.wavelets[0, 0].size))

        def fill(start: int) -> None:
            part = slice(start, start + step)
            scatter((images[part] / scale).reshape(-1, *size), bank, coefficients[part].reshape(-1, *bank.shape))

        # Each part is computed on one thread, and the number of threads does not change the parts, nor then the bits.
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(fill, range(0, n, step)))
        return coefficients.reshape(n, -1)

    def summary(self) -> dict[str, float]:
        """The number of coefficients of a channel and the size of their maps."""
        return dict(zip(("coefficients", "height", "width"), self.shape, strict=True))
