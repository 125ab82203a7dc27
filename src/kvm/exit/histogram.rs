//! How often which length of time occurs, in little memory.

/// How many buckets an octave has, as a power of two: a bucket is at most 1/64 of its least value
/// wide, so its middle is within 0.8 % of every value in it.
const OCTAVE_BITS: u32 = 6;
const OCTAVE: u32 = 1 << OCTAVE_BITS;
/// How many buckets there are: all values below one octave, and 64 for each power of two above.
const BUCKETS: usize = ((u64::BITS - OCTAVE_BITS + 1) * OCTAVE) as usize;
/// How many different buckets are kept as a list; more take the place for all.
const MAX_LISTED: usize = 64;
/// How many values of one bucket are worth the place for all: to find a bucket in a list takes longer.
const MAX_LISTED_VALUES: u64 = 4096;

/// A log-linear histogram, as `HdrHistogram` has them: each octave is cut into equal buckets.
///
/// ```text
/// values   0 1 2 … 63 | 64 65 … 127 | 128,129  130,131 … | 256-259 …
/// buckets  one each   | one each    | 64 of two values   | 64 of four values
/// ```
/// Sums of the same values are the same whatever the order in which they came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Histogram {
    buckets: Buckets,
}

/// The buckets with values.
#[derive(Clone, Debug)]
enum Buckets {
    /// Few: bucket and count, by bucket.
    Listed(Vec<Bucket>),
    /// Many: the count of every bucket.
    All(Box<[u64; BUCKETS]>),
}

/// A bucket with its count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Bucket {
    number: u32,
    values: u64,
}

/// Values that lie between two limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValueRange {
    /// The least value that belongs to it.
    pub least: u64,
    /// The greatest value that belongs to it.
    pub greatest: u64,
    /// How many there are.
    pub values: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: Buckets::Listed(Vec::new()),
        }
    }
}

impl PartialEq for Buckets {
    fn eq(&self, other: &Self) -> bool {
        self.counted().eq(other.counted())
    }
}

impl Eq for Buckets {}

impl Buckets {
    /// The place for all, with those that are listed.
    #[cold]
    fn all(listed: &[Bucket]) -> Self {
        let mut all = Box::new([0; BUCKETS]);
        for bucket in listed {
            if let Some(count) = all.get_mut(bucket.number as usize) {
                *count = bucket.values;
            }
        }
        Self::All(all)
    }

    #[inline]
    fn add(&mut self, number: u32, values: u64) {
        match self {
            Self::All(all) => {
                if let Some(count) = all.get_mut(number as usize) {
                    *count = count.saturating_add(values);
                }
            }
            Self::Listed(_) => self.add_to_list(number, values),
        }
    }

    fn add_to_list(&mut self, number: u32, values: u64) {
        match self {
            Self::All(_) => self.add(number, values),
            Self::Listed(listed) => {
                match listed.binary_search_by_key(&number, |bucket| bucket.number) {
                    Ok(at) => {
                        let Some(bucket) = listed.get_mut(at) else {
                            return;
                        };
                        bucket.values = bucket.values.saturating_add(values);
                        if bucket.values > MAX_LISTED_VALUES {
                            *self = Self::all(listed);
                        }
                    }
                    Err(_) if listed.len() >= MAX_LISTED => {
                        *self = Self::all(listed);
                        self.add(number, values);
                    }
                    Err(at) => listed.insert(at, Bucket { number, values }),
                }
            }
        }
    }

    /// The buckets with values, in order.
    fn counted(&self) -> impl Iterator<Item = Bucket> {
        let (listed, all) = match self {
            Self::Listed(listed) => (listed.as_slice(), [].as_slice()),
            Self::All(all) => ([].as_slice(), all.as_slice()),
        };
        let all = (0..).zip(all).filter(|&(_, &values)| values > 0);
        let all = all.map(|(number, &values)| Bucket { number, values });
        listed.iter().copied().chain(all)
    }
}

impl Histogram {
    /// Counts a value.
    #[inline]
    pub fn add(&mut self, value: u64) {
        self.buckets.add(bucket_of(value), 1);
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Self) {
        for Bucket { number, values } in other.buckets.counted() {
            self.buckets.add(number, values);
        }
    }

    /// How many values there are.
    pub fn values(&self) -> u64 {
        let counts = self.buckets.counted().map(|bucket| bucket.values);
        counts.fold(0, u64::saturating_add)
    }

    /// The value that `part` of all values, from 0 to 1, do not exceed: the middle of the bucket that
    /// holds it. `None` when there are no values.
    ///
    /// It is the nearest-rank percentile: of `n` values in order the one at `part · n`, rounded up.
    pub fn percentile(&self, part: f64) -> Option<u64> {
        let all = self.values();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rank among fewer than 2^53 values"
        )]
        let rank = ((all as f64 * part).ceil() as u64).clamp(1, all.max(1));
        let mut passed = 0_u64;
        self.ranges().find_map(|range| {
            passed = passed.saturating_add(range.values);
            let half = (range.greatest - range.least) / 2;
            (passed >= rank).then_some(range.least + half)
        })
    }

    /// The ranges of values that are there, in order.
    pub fn ranges(&self) -> impl Iterator<Item = ValueRange> {
        self.buckets.counted().map(|bucket| {
            let least = least_of(bucket.number);
            let greatest = match least_of(bucket.number + 1) {
                0 => u64::MAX,
                next => next - 1,
            };
            ValueRange {
                least,
                greatest,
                values: bucket.values,
            }
        })
    }

    /// The values by powers of two: from the first that occurs to the last, empty ones among them.
    pub fn octaves(&self) -> Vec<ValueRange> {
        let mut octaves: Vec<ValueRange> = Vec::new();
        for range in self.ranges() {
            let power = range.least.checked_ilog2().unwrap_or(0);
            let least = if range.least == 0 { 0 } else { 1 << power };
            while let Some(last) = octaves.last()
                && last.greatest < least
                && last.greatest + 1 < least
            {
                octaves.push(octave_from(last.greatest + 1));
            }
            match octaves.last_mut() {
                Some(last) if last.greatest >= range.least => {
                    last.values = last.values.saturating_add(range.values);
                }
                Some(_) | None => octaves.push(ValueRange {
                    values: range.values,
                    ..octave_from(least)
                }),
            }
        }
        octaves
    }
}

/// The values from a power of two up to the next one, none of them counted; 0 stands alone.
const fn octave_from(least: u64) -> ValueRange {
    ValueRange {
        least,
        greatest: if least == 0 { 0 } else { least + (least - 1) },
        values: 0,
    }
}

/// The bucket of a value.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is left are seven bits"
)]
const fn bucket_of(value: u64) -> u32 {
    let shift = (u64::BITS - (value | 1).leading_zeros()).saturating_sub(OCTAVE_BITS + 1);
    shift * OCTAVE + (value >> shift) as u32
}

/// The least value of a bucket; 0, too, for the one behind the last.
const fn least_of(number: u32) -> u64 {
    if number < 2 * OCTAVE {
        return number as u64;
    }
    let shift = number / OCTAVE - 1;
    let place = number % OCTAVE + OCTAVE;
    if shift > u64::BITS - OCTAVE_BITS - 1 {
        return 0;
    }
    (place as u64) << shift
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By definition of the buckets: they follow each other without gaps or overlap.
    #[test]
    fn buckets_cover_all_values() {
        for number in 0..u32::try_from(BUCKETS).expect("few") {
            let least = least_of(number);
            assert_eq!(bucket_of(least), number);
            if number > 0 {
                assert_eq!(bucket_of(least - 1), number - 1);
            }
        }
        assert_eq!(bucket_of(u64::MAX) as usize, BUCKETS - 1);
    }

    proptest! {
        /// Against the sorted list: the percentile is within 0.8 % of the value at that rank, and
        /// two halves together are the whole.
        #[test]
        fn percentiles_are_those_of_the_sorted_list(
            mut values in prop::collection::vec(0..1_u64 << 40, 1..400),
            part in 0.0..=1.0_f64,
        ) {
            let (mut all, mut first, mut second) =
                (Histogram::default(), Histogram::default(), Histogram::default());
            for (at, &value) in values.iter().enumerate() {
                all.add(value);
                if at % 2 == 0 { first.add(value) } else { second.add(value) }
            }
            first.merge(&second);
            prop_assert_eq!(&first, &all);
            values.sort_unstable();
            // The first of which enough are not greater.
            let is_enough = |at: &usize| *at as f64 >= values.len() as f64 * part;
            let rank = (1..=values.len()).find(is_enough).unwrap_or(values.len());
            let exact = values[rank - 1];
            let found = all.percentile(part).expect("there are values");
            prop_assert!(found.abs_diff(exact) * 128 <= exact, "{found} {exact}");
            let octaves = all.octaves();
            prop_assert_eq!(octaves.iter().map(|range| range.values).sum::<u64>(), all.values());
            prop_assert!(octaves.windows(2).all(|two| two[0].greatest + 1 == two[1].least));
        }
    }

    #[test]
    fn a_histogram_without_values_has_no_percentile() {
        assert_eq!(Histogram::default().percentile(0.5), None);
        assert_eq!(Histogram::default().octaves(), []);
    }
}
