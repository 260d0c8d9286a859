import random, sqlite3, os, datetime as D
R=random.Random(4711); p=os.path.join(os.path.dirname(os.path.abspath(__file__)),'hotel.sqlite')
if os.path.exists(p): os.remove(p)
c=sqlite3.connect(p); END=D.date(2026,10,31)
c.executescript('''
CREATE TABLE hotels(hotel_id INTEGER PRIMARY KEY,name TEXT NOT NULL,city TEXT,region TEXT,country TEXT,star_rating INTEGER,opened_on TEXT,closed_on TEXT);
CREATE TABLE room_types(room_type_id INTEGER PRIMARY KEY,name TEXT NOT NULL,max_guests INTEGER,base_rate REAL);
CREATE TABLE rooms(room_id INTEGER PRIMARY KEY,hotel_id INTEGER NOT NULL REFERENCES hotels(hotel_id),room_type_id INTEGER NOT NULL REFERENCES room_types(room_type_id),room_number TEXT,floor INTEGER,has_balcony INTEGER,out_of_service_since TEXT);
CREATE TABLE booking_channels(channel_code TEXT PRIMARY KEY,name TEXT,channel_type TEXT,commission_pct REAL);
CREATE TABLE employees(employee_id INTEGER PRIMARY KEY,hotel_id INTEGER REFERENCES hotels(hotel_id),first_name TEXT,last_name TEXT,job_title TEXT,monthly_salary REAL,hired_on TEXT,left_on TEXT);
CREATE TABLE guests(guest_id INTEGER PRIMARY KEY,first_name TEXT,last_name TEXT,email TEXT,country TEXT,birth_date TEXT,loyalty_tier TEXT,joined_loyalty_on TEXT,created_at TEXT,deleted_at TEXT);
CREATE TABLE corporate_accounts(account_id INTEGER PRIMARY KEY,company_name TEXT,industry TEXT,account_manager_id INTEGER REFERENCES employees(employee_id),contract_start TEXT,contract_end TEXT,discount_pct REAL);
CREATE TABLE bookings(booking_id INTEGER PRIMARY KEY,reference TEXT UNIQUE,hotel_id INTEGER NOT NULL REFERENCES hotels(hotel_id),room_id INTEGER NOT NULL REFERENCES rooms(room_id),booker_guest_id INTEGER NOT NULL REFERENCES guests(guest_id),main_guest_id INTEGER NOT NULL REFERENCES guests(guest_id),account_id INTEGER REFERENCES corporate_accounts(account_id),channel_code TEXT NOT NULL REFERENCES booking_channels(channel_code),status TEXT,booked_on TEXT,arrival_on TEXT,departure_on TEXT,cancelled_on TEXT,adults INTEGER,children INTEGER,nightly_rate REAL,room_total REAL,created_at TEXT,updated_at TEXT);
CREATE TABLE booking_extras(extra_id INTEGER PRIMARY KEY,booking_id INTEGER NOT NULL REFERENCES bookings(booking_id),extra_type TEXT,charged_on TEXT,quantity INTEGER,unit_price REAL,voided INTEGER DEFAULT 0);
CREATE TABLE payments(payment_id INTEGER PRIMARY KEY,booking_id INTEGER NOT NULL REFERENCES bookings(booking_id),paid_on TEXT,method TEXT,amount REAL,is_refund INTEGER);
CREATE TABLE reviews(review_id INTEGER PRIMARY KEY,booking_id INTEGER NOT NULL REFERENCES bookings(booking_id),submitted_on TEXT,overall_score INTEGER,cleanliness_score INTEGER,comment TEXT,replied_on TEXT);
CREATE TABLE maintenance_tickets(ticket_id INTEGER PRIMARY KEY,room_id INTEGER NOT NULL REFERENCES rooms(room_id),category TEXT,priority TEXT,reported_by_employee_id INTEGER REFERENCES employees(employee_id),assigned_to_employee_id INTEGER REFERENCES employees(employee_id),reported_on TEXT,resolved_on TEXT,cost REAL,updated_at TEXT);
''')
iso=lambda d:d.isoformat() if d else None
def ins(t,rows): c.executemany(f"INSERT INTO {t} VALUES({','.join('?'*len(rows[0]))})",rows)
dd=lambda a,b:a+D.timedelta(R.randint(0,(b-a).days))
H=[(1,'Harbour House','Lisbon','Coast','Portugal',4,'2009-04-01',None,1.0),(2,'Villa Marea','Valencia','Coast','Spain',5,'2014-06-15',None,1.5),(3,'Alpenrose','Innsbruck','Alps','Austria',4,'2005-12-01',None,1.15),(4,'Chalet Bellevue','Chamonix','Alps','France',5,'2017-11-20',None,1.6),(5,'Kanal Lodge','Amsterdam','City','Netherlands',3,'2012-03-10',None,1.1),(6,'Old Mint','Prague','City','Czechia',4,'2019-05-05',None,.9),(7,'Dune Resort','Sylt','Coast','Germany',3,'2011-05-01','2025-12-31',1.2)]
ins('hotels',[h[:8] for h in H])
RT=[(1,'Single',1,75),(2,'Double',2,110),(3,'Family Room',4,150),(4,'Junior Suite',3,190),(5,'Suite',4,280)]
ins('room_types',RT)
rooms=[];rid=0
for h in H:
    for k in range(R.randint(8,12)):
        rid+=1; f=k//4+1
        rt=R.choices([1,2,3,4,5],[20,42,16,13,9])[0]
        rooms.append((rid,h[0],rt,f"{f}{k%4+1:02d}",f,int(R.random()<.4),'2026-0%d-%02d'%(R.randint(5,9),R.randint(1,28)) if R.random()<.05 and h[7] is None else None))
ins('rooms',rooms)
CH=[('WEB','Own website','direct',0),('TEL','Telephone','direct',0),('WLK','Walk-in','direct',0),('BKN','StayFinder','OTA',15),('EXP','Roomzilla','OTA',18),('COR','Corporate desk','business',2),('TOP','Tour operator','partner',10)]
ins('booking_channels',CH)
FN="Anna Ben Carla David Elena Felix Greta Hugo Ines Jonas Karin Luca Mara Nils Olga Paul Rosa Stefan Tina Viktor Amelie Bruno Clara Dario Emma Fabio Hanna Ivan Julia Kaspar".split()
LN="Almeida Bauer Costa Dvorak Eriksen Fontaine Garcia Huber Ivanov Jansen Keller Lambert Moreau Novak Okafor Petrov Quist Rossi Silva Tanaka Urban Vogel Weber Young Zeman Brandt Carver Dupont Falk Grimm".split()
names=[(a,b) for a in FN for b in LN]; R.shuffle(names)
emp=[];eid=0
for h in H:
    for t,n,s in [('Hotel Manager',1,5600),('Receptionist',4,2700),('Housekeeper',4,2200),('Technician',2,3100),('Sales Manager',1,4500)]:
        for _ in range(n):
            eid+=1; hd=dd(D.date(2015,1,1),D.date(2026,6,30)); 
            l=dd(hd+D.timedelta(90),END) if R.random()<.2 and hd<D.date(2026,5,1) else (D.date(2025,12,31) if h[7] and hd<D.date(2025,12,1) else None)
            if h[7] and hd>=D.date(2025,12,1): hd=D.date(2024,2,1); l=D.date(2025,12,31)
            if h[7] and l and l>D.date(2025,12,31): l=D.date(2025,12,31)
            a,b=names.pop(); emp.append((eid,h[0],a,b,t,round(s*R.uniform(.85,1.3),-1),iso(hd),iso(l)))
ins('employees',emp)
CT="Portugal Spain Austria France Netherlands Czechia Germany Italy Sweden UK USA".split()
g=[]
for i in range(1,521):
    a,b=names.pop(); cr=dd(D.date(2023,1,1),D.date(2026,9,30))
    tier=R.choices([None,'Silver','Gold','Platinum'],[60,22,12,6])[0]
    g.append((i,a,b,f"{a}.{b}{i}@example.org".lower(),R.choice(CT),iso(dd(D.date(1948,1,1),D.date(2004,12,31))),tier,iso(dd(cr,END)) if tier else None,iso(cr)+' 09:%02d:00'%R.randint(0,59),iso(dd(cr,END))+' 12:00:00' if R.random()<.06 else None))
ins('guests',g)
mgr=[e[0] for e in emp if e[4]=='Sales Manager']
CN="Nordwind Energy|Pax Consulting|Brightline Media|Helvia Pharma|Tessera Software|Orbis Logistics|Quarry & Sons|Lumen Optics|Castell Bank|Meridian Foods|Atlas Engineering|Vento Airlines|Sable Insurance|Cobalt Games|Fjord Shipping|Rondo Textiles|Arbor Legal|Zenith Motors".split('|')
IND="Energy Consulting Media Pharma IT Logistics Industry Industry Finance Food Industry Travel Finance IT Logistics Industry Legal Automotive".split()
acc=[]
for i,(n,d) in enumerate(zip(CN,IND),1):
    s=dd(D.date(2022,1,1),D.date(2025,12,31)).replace(day=1); e=None if R.random()<.2 else s.replace(year=s.year+R.choice([1,2,3]))-D.timedelta(1)
    acc.append((i,n,d,R.choice(mgr),iso(s),iso(e),R.choice([5,8,10,12])))
ins('corporate_accounts',acc)
bk=[];W=list(range(1,481))
gw=[R.paretovariate(1.3) for _ in W]
def season(d,reg): 
    return {'Coast':[.7,.7,.8,.9,1,1.2,1.4,1.45,1.1,.9,.7,.8],'Alps':[1.4,1.45,1.2,.8,.7,.8,1,1,.8,.7,.8,1.4],'City':[.8,.85,.95,1.1,1.15,1.1,1,.95,1.15,1.1,.95,1.1]}[reg][d.month-1]
def mk(r,h,arr,n,st):
    m=R.choices(W,gw)[0]; b=m if R.random()<.82 else R.choice(W)
    ch=R.choices([x[0] for x in CH],[26,9,6,27,15,10,7])[0]
    lead=0 if ch=='WLK' else int(R.expovariate(1/38))
    bo=min(arr-D.timedelta(lead),END)
    ac=R.choice(range(1,16)) if ch=='COR' else None
    rate=round(RT[r[2]-1][3]*h[8]*season(arr,h[3])*R.uniform(.88,1.12),2)
    tot=round(rate*n*(1-(acc[ac-1][6]/100 if ac else 0)),2)
    can=None
    if st=='?':
        x=R.random(); pc={'BKN':.2,'EXP':.22}.get(ch,.09)
        if x<pc and bo<arr: st='cancelled'
        elif x<pc+.025 and arr<=END: st='no_show'
        else: st='ok'
    if st=='cancelled': can=min(dd(bo,arr),END)
    dep=arr+D.timedelta(n)
    if st=='ok': st='checked_out' if dep<=END else 'checked_in' if arr<=END else 'confirmed'
    ad=R.randint(1,max(1,min(2,RT[r[2]-1][2]))); kid=R.randint(0,2) if r[2] in(3,5) else 0
    up=max(x for x in (bo,can,min(dep,END)) if x)
    bk.append([h[0],r[0],b,m,ac,ch,st,iso(bo),iso(arr),iso(dep),iso(can),ad,kid,rate,tot,iso(bo)+' %02d:%02d:00'%(R.randint(7,22),R.randint(0,59)),iso(up)+' 03:00:00'])
    return st
for r in rooms:
    h=H[r[1]-1]; d=D.date(2024,1,1)+D.timedelta(R.randint(0,9)); stop=D.date(2025,12,28) if h[7] else D.date(2027,2,20)
    while d<stop:
        n=R.choices([1,2,3,4,5,7,10,14],[16,24,20,13,9,11,5,2])[0]
        if d+D.timedelta(n)>stop: break
        far=(d-END).days
        if far>0 and R.random()<far/90: d+=D.timedelta(n+3); continue
        st=mk(r,h,d,n,'?')
        gap=R.expovariate(1/8)/season(d,h[3])
        d+=D.timedelta((0 if st=='cancelled' else n)+int(gap))
bk.sort(key=lambda b:(b[15],b[1]))
bk=[(i,'HB%06d'%(100000+i*7),*b) for i,b in enumerate(bk,1)]
ins('bookings',bk)
EX=[('Breakfast',14),('Parking',18),('Spa',65),('Minibar',9),('Pet fee',20),('Airport transfer',45)]
ex=[];pay=[];rev=[];COM=['Great stay','Noisy street','Lovely staff','Too expensive','Would come again','Room was cold',None,None]
for b in bk:
    st=b[8];arr=D.date.fromisoformat(b[10]);dep=D.date.fromisoformat(b[11]);bo=D.date.fromisoformat(b[9]);n=(dep-arr).days;ext=0
    if st in('checked_out','checked_in'):
        for _ in range(R.choices([0,1,2,3,4],[28,26,22,15,9])[0]):
            t,pr=R.choices(EX,[40,20,10,18,4,8])[0]; q=R.randint(1,max(1,n)) if t in('Breakfast','Parking','Minibar') else 1
            v=int(R.random()<.05); pr=round(pr*R.choice([1,1,1,1.1]),2)
            ex.append((len(ex)+1,b[0],t,iso(min(dd(arr,dep),END)),q,pr,v)); ext+=0 if v else q*pr
    m=R.choices(['card','cash','bank transfer','online wallet'],[60,10,14,16])[0]
    def P(d,a,rf=0): 
        if a>0: pay.append((b[0],iso(min(d,END)),m,round(a,2),rf))
    if st=='checked_out':
        tot=b[16]+ext
        if R.random()<.3: P(bo,b[16]*.3); rest=tot-round(b[16]*.3,2)
        else: rest=tot
        x=R.random()
        if x<.93: P(dep,rest)
        elif x<.97: P(dep,rest*.5)
    elif st in('confirmed','checked_in','no_show'):
        if R.random()<.4: P(bo,b[16]*.3)
    elif st=='cancelled' and R.random()<.4:
        P(bo,b[16]*.3)
        if R.random()<.7: P(D.date.fromisoformat(b[12])+D.timedelta(3),b[16]*.3,1)
    if st=='checked_out' and R.random()<.33:
        s=R.choices([1,2,3,4,5],[4,8,18,40,30] if b[2] not in(5,7) else [8,14,28,34,16])[0]
        sd=dep+D.timedelta(R.randint(1,14))
        if sd<=END:
            rp=sd+D.timedelta(R.randint(1,9)) if R.random()<.5 else None
            rev.append((b[0],iso(sd),s,max(1,min(5,s+R.choice([-1,0,0,1]))) if R.random()<.9 else None,R.choice(COM),iso(rp) if rp and rp<=END else None))
pay.sort(key=lambda x:(x[1],x[0])); rev.sort(key=lambda x:(x[1],x[0]))
ins('booking_extras',ex);ins('payments',[(i,*x) for i,x in enumerate(pay,1)]);ins('reviews',[(i,*x) for i,x in enumerate(rev,1)])
mt=[]
for _ in range(420):
    r=R.choice(rooms);h=H[r[1]-1]; a=dd(D.date(2024,1,5),D.date(2025,12,20) if h[7] else END)
    es=[e for e in emp if e[1]==h[0]]
    rs=a+D.timedelta(int(R.expovariate(1/6))) ; rs=rs if rs<=END and (R.random()<.95 or h[7]) else None
    mt.append((r[0],R.choices(['plumbing','electrical','heating','furniture','wifi'],[30,22,18,18,12])[0],R.choices(['low','normal','urgent'],[30,50,20])[0],R.choice([e[0] for e in es if e[4] in('Receptionist','Housekeeper')]),R.choice([e[0] for e in es if e[4]=='Technician']) if R.random()<.94 else None,iso(a),iso(rs),round(R.lognormvariate(4.2,.8),2) if rs else None,iso(rs or a)+' 18:00:00'))
mt.sort(key=lambda x:x[5]); ins('maintenance_tickets',[(i,*x) for i,x in enumerate(mt,1)])
c.commit(); c.execute('VACUUM')
for t, in c.execute("select name from sqlite_master where type='table'").fetchall(): print(t,c.execute(f'select count(*) from {t}').fetchone()[0])
print(c.execute('select status,count(*),min(arrival_on),max(departure_on) from bookings group by 1').fetchall(), c.execute('pragma foreign_key_check').fetchall())
