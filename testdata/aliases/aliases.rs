// Functions with several names each. Which of them is shown hangs on whether names are readable.
#![no_std]
#![no_main]

use core::arch::{asm, global_asm};
use core::hint::black_box;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

fn spin(seed: u32) -> u32 {
    (0..20000).fold(seed, |sum, at| black_box(sum ^ at))
}

pub mod shop {
    use super::*;

    // Kept by a name of its own, which the linker is told.
    #[inline(never)]
    pub fn price(items: u32) -> u32 {
        spin(items)
    }

    pub trait Worth {
        fn worth(&self) -> u32;
    }

    pub struct Coin(pub u32);

    impl Worth for Coin {
        #[inline(never)]
        fn worth(&self) -> u32 {
            spin(self.0) + 1
        }
    }

    #[inline(never)]
    pub fn sum<T: Into<u32>>(first: T) -> u32 {
        spin(first.into()) + 2
    }
}

use shop::Worth;

// `sym` is the mangled name, whichever it is.
global_asm!(
    ".type _price_of, @function", ".set _price_of, {price}",
    ".type price_of_all_items, @function", ".set price_of_all_items, {price}",
    ".type coin_worth, @function", ".set coin_worth, {worth}",
    ".type sum_u16, @function", ".set sum_u16, {sum}",
    price = sym shop::price,
    worth = sym <shop::Coin as Worth>::worth,
    sum = sym shop::sum::<u16>,
);

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    for at in 0..4000 {
        black_box(shop::price(at));
        black_box(shop::Coin(at).worth());
        black_box(shop::sum(at as u16));
    }
    unsafe { asm!("syscall", in("eax") 60, in("edi") 0, options(noreturn)) }
}
