"""What every generated module shares: ordinary Python and NumPy, copied to `nlrmt` as it stands."""
