"""Laws as stationary values of a potential, to any precision: proved in balls."""
