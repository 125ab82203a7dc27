//! Histograms that can be added up: the same buckets everywhere, integers only.

/// How many buckets an octave has, as a power of two.
const OCTAVE_BITS: u32 = 3;

/// The bucket that a value belongs to: those below 8 have one each, then each power of two has 8.
///
/// ```text
/// values   0 1 … 7 | 8 9 … 15 | 16,17 18,19 … | 32-35 …
/// buckets  0 1 … 7 | 8 9 … 15 | 16    17    … | 24    …
/// ```
/// A bucket is at most an eighth of its least value wide.
pub const fn bucket_of(value: u64) -> i64 {
    let octave = 1 << OCTAVE_BITS;
    if value < octave {
        return value.cast_signed();
    }
    let power = value.ilog2() - OCTAVE_BITS;
    let place = (value >> power) - octave;
    ((power as u64 + 1) * octave + place).cast_signed()
}

/// The least value that belongs to a bucket; `None` for a number that no value has.
pub const fn least_of(bucket: i64) -> Option<u64> {
    if bucket < 0 {
        return None;
    }
    let (bucket, octave) = (bucket.cast_unsigned(), 1 << OCTAVE_BITS);
    if bucket < octave {
        return Some(bucket);
    }
    let power = bucket / octave - 1;
    if power > (u64::BITS - 1 - OCTAVE_BITS) as u64 {
        return None;
    }
    Some((octave + bucket % octave) << power)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 1000 is 0b1111101000, of the octave of 512 the eighth part from 960 on.
    #[test]
    fn values_lie_in_the_bucket_that_begins_below_them() {
        for (value, bucket, least) in [
            (0, 0, 0),
            (7, 7, 7),
            (8, 8, 8),
            (17, 16, 16),
            (18, 17, 18),
            (1000, 63, 960),
            (1024, 64, 1024),
        ] {
            assert_eq!(bucket_of(value), bucket);
            assert_eq!(least_of(bucket), Some(least));
        }
    }

    /// Of every bucket there is, the least value lies in it, and one less in the one before.
    #[test]
    fn buckets_follow_each_other() {
        let last = bucket_of(u64::MAX);
        for bucket in 1..=last {
            let least = least_of(bucket).unwrap();
            assert_eq!(bucket_of(least), bucket);
            assert_eq!(bucket_of(least - 1), bucket - 1);
        }
        assert_eq!(least_of(last + 1), None);
        assert_eq!(least_of(-1), None);
    }
}
