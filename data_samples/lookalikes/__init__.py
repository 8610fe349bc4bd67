def add(t,phase): pass
