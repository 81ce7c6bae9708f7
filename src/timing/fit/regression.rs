//! Least squares, by linfa: the ordinary kind with an intercept, and the kind whose coefficients are not negative.
//!
//! Rows are summed up first into the products of the columns ([`Products`]), in the order in which they come, and linfa
//! solves the small system that gives the same answer; so a fit takes one pass over the rows, and leaving some out
//! takes none. linfa accepts constant columns, NaN and too few rows without a word (see its issue tracker), hence a
//! solution is refused here unless its columns are independent.

use linfa::Dataset;
use linfa::traits::Fit;
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2};

use crate::units::{to_f64, to_u64};

/// Sums of products of `K` columns x and a target y: `XᵀX`, Xᵀy and yᵀy.
#[derive(Clone, Debug)]
pub struct Products<const K: usize> {
    xx: [[f64; K]; K],
    xy: [f64; K],
    yy: f64,
    n: usize,
}

impl<const K: usize> Default for Products<K> {
    fn default() -> Self {
        Self {
            xx: [[0.0; K]; K],
            xy: [0.0; K],
            yy: 0.0,
            n: 0,
        }
    }
}

impl<const K: usize> Products<K> {
    /// Adds one row.
    pub fn add(&mut self, x: [f64; K], y: f64) {
        for i in 0..K {
            for j in i..K {
                self.xx[i][j] += x[i] * x[j];
            }
            self.xy[i] += x[i] * y;
        }
        self.yy += y * y;
        self.n += 1;
    }

    /// Adds the rows of another, every column multiplied by `factor` and every row counted `weight` times.
    pub fn merge(&mut self, other: &Self, factor: f64, weight: f64) {
        for i in 0..K {
            for j in i..K {
                self.xx[i][j] += weight * factor * factor * other.xx[i][j];
            }
            self.xy[i] += weight * factor * other.xy[i];
        }
        self.yy += weight * other.yy;
        self.n += other.n;
    }

    /// Draws coefficient `i` towards `target`: adds `weight`·(β - target)² to the sum of squares.
    pub fn draw(&mut self, i: usize, weight: f64, target: f64) {
        self.xx[i][i] += weight;
        self.xy[i] += weight * target;
        self.yy += weight * target * target;
    }

    /// γ that makes y = γ·(x·p) the least squares: a common scale of given coefficients p.
    #[must_use]
    pub fn scale_of(&self, p: &[f64; K]) -> f64 {
        let squares: f64 = (0..K).map(|i| p[i] * self.times(p, i)).sum();
        self.xy.iter().zip(p).map(|(xy, p)| xy * p).sum::<f64>() / squares
    }

    /// Row `i` of `XᵀX` times `beta`.
    fn times(&self, beta: &[f64; K], i: usize) -> f64 {
        (0..K).map(|j| self.gram(i, j) * beta[j]).sum()
    }

    fn gram(&self, i: usize, j: usize) -> f64 {
        self.xx[i.min(j)][i.max(j)]
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.n
    }

    /// Mean of the squares of column `i`.
    #[must_use]
    pub fn mean_square(&self, i: usize) -> f64 {
        if self.n == 0 {
            0.0
        } else {
            self.xx[i][i] / to_f64(to_u64(self.n))
        }
    }

    /// Sum of the squared residuals of `beta`: yᵀy - 2βᵀXᵀy + `βᵀXᵀXβ`.
    fn loss(&self, beta: &[f64; K]) -> f64 {
        let mut loss = self.yy;
        for i in 0..K {
            loss += beta[i] * (self.times(beta, i) - 2.0 * self.xy[i]);
        }
        loss
    }

    /// The least squares over the columns `active` alone, `None` where they are not independent.
    fn solve(&self, active: &[usize]) -> Option<[f64; K]> {
        let scale: Vec<f64> = active.iter().map(|&i| self.xx[i][i].sqrt()).collect();
        if scale.iter().any(|s| !(s.is_finite() && *s > 0.0)) {
            return None;
        }
        let k = active.len();
        let gram = |a: usize, b: usize| self.gram(active[a], active[b]) / (scale[a] * scale[b]);
        let lower = cholesky(k, gram)?;
        // With XᵀX = L·Lᵀ the system Lᵀ·β = L⁻¹·Xᵀy has the same least squares as X·β = y.
        let mut target = Array1::<f64>::zeros(k);
        for a in 0..k {
            let known: f64 = (0..a).map(|b| lower[[a, b]] * target[b]).sum();
            target[a] = (self.xy[active[a]] / scale[a] - known) / lower[[a, a]];
        }
        let system = Dataset::new(lower.reversed_axes(), target);
        let fitted = LinearRegression::new()
            .with_intercept(false)
            .fit(&system)
            .ok()?;
        let mut beta = [0.0; K];
        for (a, &i) in active.iter().enumerate() {
            beta[i] = fitted.params()[a] / scale[a];
        }
        beta.iter().all(|b| b.is_finite()).then_some(beta)
    }

    /// Ordinary least squares over all columns, `None` where they are not independent.
    #[must_use]
    pub fn least_squares(&self) -> Option<[f64; K]> {
        let all: Vec<usize> = (0..K).collect();
        (self.n >= K).then(|| self.solve(&all)).flatten()
    }

    /// Least squares over all columns with every coefficient drawn to 0 by its weight in `weights`, of any number of rows;
    /// `None` where the columns are not independent nevertheless.
    #[must_use]
    pub fn ridge(mut self, weights: [f64; K]) -> Option<[f64; K]> {
        let all: Vec<usize> = (0..K).collect();
        for (i, weight) in weights.into_iter().enumerate() {
            self.draw(i, weight, 0.0);
        }
        self.solve(&all)
    }

    /// Least squares with no negative coefficient, exact: the plain solution over the columns that it uses.
    ///
    /// Sets of columns are tried from the largest down; the first whose solution is not negative and that no column left
    /// out would improve is the optimum (Karush, Kuhn, Tucker). `None` where no single column can explain anything.
    #[must_use]
    pub fn non_negative(&self) -> Option<[f64; K]> {
        let mut best: Option<(f64, [f64; K])> = None;
        for size in (1..=K).rev() {
            for set in (1u32..1 << K).filter(|set| usize::try_from(set.count_ones()) == Ok(size)) {
                let active: Vec<usize> = (0..K).filter(|i| set >> i & 1 == 1).collect();
                let Some(beta) = self
                    .solve(&active)
                    .filter(|beta| beta.iter().all(|b| *b >= 0.0))
                else {
                    continue;
                };
                if self.is_optimal(&beta) {
                    return Some(beta);
                }
                let loss = self.loss(&beta);
                if best.is_none_or(|(least, _)| loss < least) {
                    best = Some((loss, beta));
                }
            }
        }
        best.map(|(_, beta)| beta)
    }

    /// Whether raising no column that `beta` leaves out would lessen the sum of squares.
    fn is_optimal(&self, beta: &[f64; K]) -> bool {
        (0..K).filter(|i| beta[*i] <= 0.0).all(|i| {
            let slack = 1e-10 * (self.xx[i][i] * self.yy).sqrt();
            self.xy[i] - self.times(beta, i) <= slack
        })
    }
}

/// Smallest pivot of a correlation matrix whose columns count as independent: beyond it, more than 10 of a double's 16
/// digits are lost.
const SMALLEST_PIVOT: f64 = 1e-10;

/// The lower factor of a matrix of correlations, `None` where a column depends on those before it.
fn cholesky(k: usize, gram: impl Fn(usize, usize) -> f64) -> Option<Array2<f64>> {
    let mut lower = Array2::<f64>::zeros((k, k));
    for a in 0..k {
        for b in 0..=a {
            let known: f64 = (0..b).map(|c| lower[[a, c]] * lower[[b, c]]).sum();
            let rest = gram(a, b) - known;
            lower[[a, b]] = if a == b {
                if rest.is_nan() || rest <= SMALLEST_PIVOT {
                    return None;
                }
                rest.sqrt()
            } else {
                rest / lower[[b, b]]
            };
        }
    }
    Some(lower)
}

/// Pearson's correlation of two columns, `None` where one of them is constant or there are fewer than two rows.
#[must_use]
pub fn pearson(rows: impl Iterator<Item = (f64, f64)> + Clone) -> Option<f64> {
    let (n, sum_x, sum_y) = rows.clone().fold((0.0, 0.0, 0.0), |(n, x, y), row| {
        (n + 1.0, x + row.0, y + row.1)
    });
    let (mean_x, mean_y) = (sum_x / n, sum_y / n);
    let (xx, xy, yy) = rows.fold((0.0, 0.0, 0.0), |(xx, xy, yy), (x, y)| {
        let (x, y) = (x - mean_x, y - mean_y);
        (xx + x * x, xy + x * y, yy + y * y)
    });
    let r = xy / (xx * yy).sqrt();
    r.is_finite().then(|| r.clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn products(rows: &[([f64; 2], f64)]) -> Products<2> {
        let mut products = Products::default();
        for (x, y) in rows {
            products.add(*x, *y);
        }
        products
    }

    #[test]
    fn a_known_line_is_found() {
        let beta = products(&[([1.0, 1.0], 5.0), ([1.0, 2.0], 7.0), ([1.0, 3.0], 9.0)])
            .least_squares()
            .unwrap();
        // Tolerance: 10 of 16 digits, since the products square the condition.
        assert!(
            (beta[0] - 3.0).abs() < 1e-10 && (beta[1] - 2.0).abs() < 1e-10,
            "{beta:?}"
        );
    }

    #[test]
    fn a_constant_column_beside_the_intercept_is_refused() {
        assert_eq!(
            products(&[([1.0, 4.0], 5.0), ([1.0, 4.0], 6.0), ([1.0, 4.0], 7.0)]).least_squares(),
            None
        );
    }

    #[test]
    fn too_few_rows_and_odd_numbers_are_refused() {
        assert_eq!(products(&[([1.0, 1.0], 1.0)]).least_squares(), None);
        assert_eq!(
            products(&[([1.0, f64::NAN], 1.0), ([1.0, 2.0], 1.0)]).least_squares(),
            None
        );
        assert_eq!(Products::<2>::default().non_negative(), None);
    }

    #[test]
    fn a_coefficient_that_would_be_negative_is_zero_and_the_rest_refitted() {
        let beta = products(&[([1.0, 1.0], 9.0), ([1.0, 2.0], 7.0), ([1.0, 3.0], 5.0)])
            .non_negative()
            .unwrap();
        assert!(
            (beta[0] - 7.0).abs() < 1e-10 && beta[1].abs() < f64::MIN_POSITIVE,
            "{beta:?}"
        );
    }

    #[test]
    fn correlation_is_one_along_a_line_and_undefined_for_a_constant() {
        let line = [(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)];
        assert!((pearson(line.into_iter()).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(pearson([(1.0, 2.0), (1.0, 3.0)].into_iter()), None);
    }
}
