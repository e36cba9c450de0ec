"""What ``tingfeng doctor`` looks at, one module per place. A check answers one line and raises nothing."""
