// Something for rustc to compile, and to run: generic code over collections, some seconds.
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Tree<T> {
    Leaf(T),
    Branch(Box<Tree<T>>, Box<Tree<T>>),
}

impl<T: Clone + Debug + Ord> Tree<T> {
    fn of(depth: u32, value: &dyn Fn(u32) -> T) -> Self {
        match depth {
            0 => Self::Leaf(value(depth)),
            _ => {
                let below = |side| Box::new(Self::of(depth - 1, &|d| value(d * 2 + side)));
                Self::branch(below)
            }
        }
    }

    fn branch(below: impl Fn(u32) -> Box<Self>) -> Self {
        Self::Branch(below(0), below(1))
    }

    fn each(&self, visit: &mut dyn FnMut(&T)) {
        match self {
            Self::Leaf(value) => visit(value),
            Self::Branch(left, right) => {
                left.each(visit);
                right.each(visit);
            }
        }
    }
}

trait Shape {
    fn area(&self) -> f64;
}
macro_rules! shapes {
    ($($name:ident),*) => {$(
        #[derive(Clone, Debug)]
        struct $name(Vec<BTreeMap<String, f64>>);
        impl Shape for $name {
            fn area(&self) -> f64 {
                let texts: HashMap<String, f64> = self.0.iter().flatten()
                    .map(|(key, area)| (format!("{}{key}", stringify!($name)), area * 2.0)).collect();
                let mut sorted: Vec<_> = texts.into_iter().collect();
                sorted.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
                sorted.iter().map(|(key, area)| key.len() as f64 * area).sum()
            }
        }
    )*};
}
shapes!(Circle, Square, Triangle, Pentagon, Hexagon, Heptagon, Octagon, Nonagon, Decagon, Star, Heart, Moon);

fn main() {
    let sides: Vec<BTreeMap<String, f64>> =
        (0..40).map(|n| (0..n).map(|m| (format!("{m}"), f64::from(m))).collect()).collect();
    let mut sum = 0.0;
    for _ in 0..2500 {
        let shapes: [Box<dyn Shape>; 12] = [
            Box::new(Circle(sides.clone())), Box::new(Square(sides.clone())),
            Box::new(Triangle(sides.clone())), Box::new(Pentagon(sides.clone())),
            Box::new(Hexagon(sides.clone())), Box::new(Heptagon(sides.clone())),
            Box::new(Octagon(sides.clone())), Box::new(Nonagon(sides.clone())),
            Box::new(Decagon(sides.clone())), Box::new(Star(sides.clone())),
            Box::new(Heart(sides.clone())), Box::new(Moon(sides.clone())),
        ];
        sum += shapes.iter().map(|shape| shape.area()).sum::<f64>();
        Tree::of(9, &|d| format!("{d:?}")).each(&mut |text| sum += text.len() as f64);
    }
    println!("{sum}");
}
