def plan(t,n): return []
def plant(t,p,phase): pass
