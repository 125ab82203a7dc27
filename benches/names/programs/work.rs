//! work SECONDS: traits, generics, closures, collections.
use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::time::{Duration, Instant};

trait Shape {
    fn area(&self, x: u64) -> u64;
}

struct Circle(u64);
struct Square(u64);

impl Shape for Circle {
    fn area(&self, x: u64) -> u64 {
        (0..300u64).fold(x, |a, b| a.wrapping_mul(self.0).rotate_left(5) ^ b)
    }
}

impl Shape for Square {
    fn area(&self, x: u64) -> u64 {
        let all: Vec<u64> = (0..200).map(|i| i ^ x ^ self.0).collect();
        let thirds = all.iter().copied().filter(|x| x % 3 == 0);
        thirds.fold(0, u64::wrapping_add)
    }
}

#[inline(never)]
fn total(shapes: &[Box<dyn Shape>], x: u64) -> u64 {
    let areas = shapes.iter().map(|shape| shape.area(x));
    areas.fold(0, u64::wrapping_add)
}

#[inline(never)]
fn generic<T: Into<u64> + Copy, const N: usize>(values: [T; N]) -> u64 {
    let mut all = 0u64;
    for _ in 0..200 {
        for &value in &values {
            all = all.wrapping_mul(31).wrapping_add(value.into());
        }
    }
    black_box(all)
}

#[inline(never)]
fn tables(x: u64) -> usize {
    let (mut hashed, mut ordered) = (HashMap::new(), BTreeMap::new());
    for i in 0..200 {
        *hashed.entry(i ^ (x & 7)).or_insert(0u64) += i;
        ordered.insert(format!("{i}{x}"), i);
    }
    hashed.len() + ordered.len()
}

#[inline(never)]
fn sorted(x: u64) -> u64 {
    let mut next = x;
    let values = (0..1500).map(|_| {
        next = next.wrapping_mul(6364136223846793005).wrapping_add(1);
        next
    });
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable_by(|a, b| b.cmp(a));
    values[3]
}

mod inner {
    pub mod deep {
        #[inline(never)]
        pub fn walk(x: u64, depth: u32) -> u64 {
            if depth == 0 {
                let all = |y: u64| (0..100).fold(y, |a, b| a.wrapping_mul(17) ^ b);
                return all(x);
            }
            walk(x.wrapping_add(1), depth - 1).wrapping_add(std::hint::black_box(1))
        }
    }
}

fn main() {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let lasting = Duration::from_secs_f64(seconds.unwrap_or(1.0));
    let shapes: Vec<Box<dyn Shape>> =
        vec![Box::new(Circle(7)), Box::new(Square(9)), Box::new(Circle(11))];
    let (start, mut x) = (Instant::now(), 1u64);
    while start.elapsed() < lasting {
        x = x.wrapping_add(total(&shapes, x));
        x = x.wrapping_add(generic([1u32, 2, 3])).wrapping_add(generic([1u64, 2, 3, 4]));
        x = x.wrapping_add(tables(x) as u64).wrapping_add(sorted(x));
        x = x.wrapping_add(inner::deep::walk(x, 6));
    }
    std::process::exit(i32::from(x == 42));
}
