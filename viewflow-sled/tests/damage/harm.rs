//! Ways to damage the files of a database, and the places of the damage.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

const BLOCK: usize = 4096;
/// In how many places each way damages a file: sled's own file, and any other file.
const PLACES: (usize, usize) = (24, 10);
/// Further places: the beginning of a file, where its header is.
const HEADER: [usize; 6] = [0, 1, 4, 8, 16, 32];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Harm {
    Flip,
    Zero(usize),
    Truncate,
    Remove,
    /// Swaps the block with this one.
    Swap(usize),
}

/// One file, and the damage to it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) file: PathBuf,
    pub(crate) harm: Harm,
    pub(crate) at: usize,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, at) = (self.file.display(), self.at);
        match self.harm {
            Harm::Flip => write!(f, "{file}: a bit at {at} flipped"),
            Harm::Zero(length) => write!(f, "{file}: {length} bytes from {at} zeroed"),
            Harm::Truncate => write!(f, "{file}: truncated to {at} bytes"),
            Harm::Remove => write!(f, "{file}: removed"),
            Harm::Swap(other) => write!(f, "{file}: the blocks at {at} and {other} exchanged"),
        }
    }
}

impl Case {
    /// Damages a copy of the database.
    pub(crate) fn inflict(&self, directory: &Path) {
        let path = directory.join(&self.file);
        if self.harm == Harm::Remove {
            return fs::remove_file(path).unwrap();
        }
        let mut bytes = fs::read(&path).unwrap();
        let end = bytes.len();
        match self.harm {
            Harm::Flip => bytes[self.at] ^= 1 << (self.at % 8),
            Harm::Zero(length) => bytes[self.at..end.min(self.at + length)].fill(0),
            Harm::Truncate => bytes.truncate(self.at),
            Harm::Swap(other) => {
                let (low, high) = bytes.split_at_mut(other);
                let length = BLOCK.min(high.len());
                low[self.at..self.at + length].swap_with_slice(&mut high[..length]);
            }
            Harm::Remove => {}
        }
        fs::write(path, bytes).unwrap();
    }
}

/// The files of a directory and its subdirectories, relative to it.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path.strip_prefix(directory).unwrap().to_owned()) }
        }
    }
    found.sort();
    found
}

/// Copies all files.
pub(crate) fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(&file);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(from.join(&file), target).unwrap();
    }
    fs::create_dir_all(to.join("blobs")).unwrap();
}

/// All cases for a database.
pub(crate) fn cases(directory: &Path) -> Vec<Case> {
    files(directory).into_iter().flat_map(|file| cases_of(directory, file)).collect()
}

fn cases_of(directory: &Path, file: PathBuf) -> Vec<Case> {
    let bytes = fs::read(directory.join(&file)).unwrap();
    let count = if file == Path::new("db") { PLACES.0 } else { PLACES.1 };
    let case = |harm, at| Case { file: file.clone(), harm, at };
    let mut cases = vec![case(Harm::Remove, 0)];
    if !bytes.is_empty() {
        cases.push(case(Harm::Truncate, 0));
        cases.push(case(Harm::Truncate, bytes.len() - 1));
    }
    cases.extend(HEADER.iter().filter(|at| **at < bytes.len()).map(|at| case(Harm::Flip, *at)));
    let used = spread(&used(&bytes, 64), count);
    for (number, at) in used.iter().copied().enumerate() {
        cases.push(case(Harm::Flip, (at + number * 13 % 64).min(bytes.len() - 1)));
        cases.push(case(Harm::Flip, (at + number * 29 % 64).min(bytes.len() - 1)));
        cases.push(case(Harm::Zero(64), at));
        cases.push(case(Harm::Zero(BLOCK), at / BLOCK * BLOCK));
        cases.push(case(Harm::Truncate, at + number * 7 % 64));
    }
    let blocks = spread(&self::used(&bytes, BLOCK), count);
    let pairs = blocks.windows(2).filter(|pair| pair[0] + BLOCK <= pair[1]);
    cases.extend(pairs.map(|pair| case(Harm::Swap(pair[1]), pair[0])));
    cases.retain(|case| changes(&bytes, case));
    cases
}

/// Where the pieces of this size begin that are not all zero.
fn used(bytes: &[u8], size: usize) -> Vec<usize> {
    let pieces = bytes.chunks(size).enumerate();
    pieces.filter(|(_, piece)| piece.iter().any(|byte| *byte != 0)).map(|(number, _)| number * size).collect()
}

/// At most `count` of the places, from the first to the last.
fn spread(places: &[usize], count: usize) -> Vec<usize> {
    let count = count.min(places.len());
    (0..count).map(|number| places[number * (places.len() - 1) / (count - 1).max(1)]).collect()
}

/// Whether the damage changes the file.
fn changes(bytes: &[u8], case: &Case) -> bool {
    match case.harm {
        Harm::Zero(length) => bytes[case.at..bytes.len().min(case.at + length)].iter().any(|byte| *byte != 0),
        Harm::Swap(other) => {
            let length = BLOCK.min(bytes.len() - other);
            bytes[case.at..case.at + length] != bytes[other..other + length]
        }
        Harm::Truncate => case.at < bytes.len(),
        Harm::Flip | Harm::Remove => true,
    }
}
