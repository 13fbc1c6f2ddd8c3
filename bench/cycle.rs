// SPDX-License-Identifier: MIT
// cycle.rs - the Rust standard library as a contender: makes and removes a
// directory or a file again and again; prints nanoseconds of CPU time a cycle.
use std::fs;

#[repr(C)]
struct Time {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, time: *mut Time) -> i32;
}

fn cpu_ns() -> f64 {
    let mut time = Time { seconds: 0, nanoseconds: 0 };
    unsafe { clock_gettime(2, &mut time) }; // CLOCK_PROCESS_CPUTIME_ID
    time.seconds as f64 * 1e9 + time.nanoseconds as f64
}

fn cycle(kind: &str, directory: &str, number: u32) -> std::io::Result<()> {
    let path = format!("{directory}/tmp{number:016}");
    if kind == "directory" {
        fs::create_dir(&path)?;
        return fs::remove_dir_all(&path);
    }
    let file = fs::File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)?;
    fs::remove_file(&path)?;
    drop(file);
    Ok(())
}

fn main() -> std::io::Result<()> {
    let kind = std::env::args().nth(1).unwrap_or_default();
    let directory = std::env::args().nth(2).unwrap_or_default();
    for number in 0..200 {
        cycle(&kind, &directory, number)?;
    }
    let begin = cpu_ns();
    for number in 0..2000 {
        cycle(&kind, &directory, number)?;
    }
    println!("{}", (cpu_ns() - begin) / 2000.0);
    Ok(())
}
