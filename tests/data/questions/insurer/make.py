import random, sqlite3, os, datetime as D
R=random.Random(2602); p=os.path.join(os.path.dirname(os.path.abspath(__file__)),'insurer.sqlite')
if os.path.exists(p): os.remove(p)
c=sqlite3.connect(p); END=D.date(2026,10,31); TOD=D.date(2026,11,22)
c.executescript('''
CREATE TABLE Customer(CustomerId INTEGER PRIMARY KEY,CustomerType TEXT,FullName TEXT,BirthDate TEXT,City TEXT,Region TEXT,CreatedAt TEXT,IsDeleted INTEGER);
CREATE TABLE Broker(BrokerId INTEGER PRIMARY KEY,BrokerName TEXT,Region TEXT,CommissionRate REAL,LicensedFrom TEXT,LicensedTo TEXT);
CREATE TABLE Product(ProductCode TEXT PRIMARY KEY,ProductName TEXT,LineOfBusiness TEXT,LaunchedOn TEXT,WithdrawnOn TEXT);
CREATE TABLE Employee(EmployeeId INTEGER PRIMARY KEY,FullName TEXT,Team TEXT,Position TEXT,HireDate TEXT,LeaveDate TEXT);
CREATE TABLE Policy(PolicyId INTEGER PRIMARY KEY,PolicyNumber TEXT,ProductCode TEXT,PolicyHolderId INTEGER,InsuredPersonId INTEGER,BrokerId INTEGER,IssueDate TEXT,StartDate TEXT,EndDate TEXT,CancelDate TEXT,PolicyStatus TEXT,AnnualPremium REAL,SumInsured REAL,Deductible REAL,PaymentFrequency TEXT,LastChangedAt TEXT);
CREATE TABLE CoverType(CoverCode TEXT PRIMARY KEY,CoverName TEXT);
CREATE TABLE PolicyCover(PolicyCoverId INTEGER PRIMARY KEY,PolicyId INTEGER,CoverCode TEXT,CoverLimit REAL,CoverPremium REAL);
CREATE TABLE ClaimCause(CauseCode TEXT PRIMARY KEY,CauseName TEXT);
CREATE TABLE ClaimStatus(StatusCode TEXT PRIMARY KEY,StatusName TEXT);
CREATE TABLE Claim(ClaimId INTEGER PRIMARY KEY,ClaimNumber TEXT,PolicyId INTEGER,CauseCode TEXT,StatusCode TEXT,LossDate TEXT,ReportedDate TEXT,ClosedDate TEXT,HandlerId INTEGER,ApproverId INTEGER,ReserveAmount REAL,FraudSuspected INTEGER,LastChangedAt TEXT);
CREATE TABLE ClaimPayment(ClaimPaymentId INTEGER PRIMARY KEY,ClaimId INTEGER,PaidDate TEXT,PaymentType TEXT,Amount REAL);
CREATE TABLE PremiumInvoice(PremiumInvoiceId INTEGER PRIMARY KEY,PolicyId INTEGER,InvoiceDate TEXT,DueDate TEXT,PaidDate TEXT,Amount REAL,IsCancelled INTEGER);
''')
iso=lambda d:d.isoformat() if d else None
def ins(t,rows): c.executemany(f"INSERT INTO {t} VALUES({','.join('?'*len(rows[0]))})",rows)
dd=lambda a,b:a+D.timedelta(R.randint(0,max(0,(b-a).days)))
FN="Adam Beth Carl Dora Erik Fay Gus Helen Ian Judy Kurt Lena Max Nora Otto Pia Ralf Sara Tom Ursula Wim Yara Zoe Aron Bella Cyril Diana Egon Flora Gerd".split()
LN="Abbott Blake Cole Drake Ellis Frost Grant Hayes Irwin Joyce Knox Lloyd Marsh Nolan Owens Price Quinn Reed Stone Tate Usher Vance Webb Xander Yates Zorn Boyd Carr Dunn Finch".split()
nm=[f"{a} {b}" for a in FN for b in LN];R.shuffle(nm)
CITY={'North':['Kirkby','Alnmouth','Haltwick'],'South':['Seaford','Marlow','Bexmoor'],'East':['Wickham','Thornbury'],'West':['Barrow','Clevedon','Penhale']}
B1="Hill Rose Beacon River Oak Summit Castle Bridge Field Mill Star Iron Silver Park Lake".split();B2="Bakery Ltd|Transport Ltd|Builders Ltd|Dental Practice|Garage|Brewery|Textiles Ltd|Studio".split('|')
cmp=[f"{a} {b}" for a in B1 for b in B2];R.shuffle(cmp)
cu=[]
for i in range(1,641):
    reg=R.choices(list(CITY),[30,35,15,20])[0];t='C' if R.random()<.16 else 'P'
    cu.append((i,t,nm.pop() if t=='P' else cmp.pop(),iso(dd(D.date(1945,1,1),D.date(2005,1,1))) if t=='P' else None,R.choice(CITY[reg]),reg,iso(dd(D.date(2020,1,1),D.date(2026,10,31)))+' 10:00:00',int(R.random()<.05)))
ins('Customer',cu)
BN="Ashford Partners|Calder & Co|Delta Cover|Everline Brokers|First Harbour|Greenway Risk|Holt Insurance Services|Kestrel Brokers|Lindley Associates|Norwood Direct|Pinnacle Risk|Redfern Brokers|Tideway Cover|Westmark".split('|')
br=[(i,n,R.choice(list(CITY)),R.choice([8,10,12,12.5,15]),iso(dd(D.date(2014,1,1),D.date(2022,1,1))),iso(dd(D.date(2024,6,1),D.date(2026,9,30))) if i in(4,9,13) else iso(dd(D.date(2027,3,1),D.date(2029,1,1))) if i%3==0 else None) for i,n in enumerate(BN,1)]
ins('Broker',br)
PR=[('MOT-C','Motor Comprehensive','Motor','2012-01-01',None,620,28000),('MOT-T','Motor Third Party','Motor','2012-01-01',None,340,1000000),('HOM-B','Home Buildings','Household','2013-05-01',None,410,320000),('HOM-C','Home Contents','Household','2013-05-01',None,190,45000),('TRV-A','Annual Travel','Travel','2016-03-01',None,95,10000),('TRV-S','Student Travel','Travel','2018-09-01','2025-06-30',60,5000),('LIA-B','Business Liability','Liability','2015-02-01',None,1350,2000000),('LIA-P','Private Liability','Liability','2014-02-01',None,75,1000000),('PET-1','Pet Care','Pet','2020-10-01','2024-12-31',210,6000),('CYB-1','Cyber Protect','Liability','2025-03-01',None,980,500000)]
ins('Product',[x[:5] for x in PR])
em=[]
for team,n in [('Motor Claims',7),('Property Claims',6),('Liability Claims',5),('Underwriting',6),('Customer Service',8)]:
    for k in range(n):
        hd=dd(D.date(2014,1,1),D.date(2026,3,31)); hd=min(hd,D.date(2023,6,1)) if 'Claims' in team else hd
        em.append((len(em)+1,nm.pop(),team,'Team Lead' if k==0 else R.choice(['Senior Specialist','Specialist']),iso(hd),iso(dd(D.date(2025,1,1),END)) if k>1 and R.random()<.25 else None))
ins('Employee',em)
CV={'Motor':['TPL','COL','THF','GLS','RSA'],'Household':['FIR','WAT','THF','STM','GLS'],'Travel':['MED','CAN','BAG'],'Liability':['GLB','LEG','CYB'],'Pet':['VET']}
CVN=dict(TPL='Third-party liability',COL='Collision',THF='Theft',GLS='Glass',RSA='Roadside assistance',FIR='Fire',WAT='Water damage',STM='Storm',MED='Medical expenses abroad',CAN='Trip cancellation',BAG='Baggage',GLB='General liability',LEG='Legal costs',CYB='Cyber incident',VET='Vet treatment')
ins('CoverType',list(CVN.items()))
po=[];pcv=[];inv=[]
prv=[x[0] for x in cu if x[1]=='P' and x[0]<=600];com=[x[0] for x in cu if x[1]=='C' and x[0]<=600]
for k in range(1,1301):
    while 1:
        x=R.choices(PR,[24,14,14,16,10,4,9,8,5,5])[0]
        iss=dd(D.date(2022,6,1),END)
        if x[3]<=iso(iss)<=(x[4] or '9'): break
    h=R.choice(com) if x[0] in('LIA-B','CYB-1') or R.random()<.06 else R.choice(prv)
    insd=h if R.random()<.85 or h in com else R.choice(prv)
    st=iss+D.timedelta(R.choice([0,1,3,7,14,30,45])); 
    term=R.choice([1,1,1,2,3,None])
    end=None if term is None else D.date(st.year+term,st.month,min(st.day,28))-D.timedelta(1)
    can=None
    if R.random()<.13:
        can=dd(st+D.timedelta(20),min(end or END,END)-D.timedelta(1))
        if can>END or can<=st or (end and can>=end): can=None
    status='Cancelled' if can else 'Expired' if end and end<TOD else 'Pending' if st>TOD else 'Active'
    if status=='Active' and R.random()<.03: status='Lapsed'
    pm=round(x[5]*R.lognormvariate(0,.25),2)
    fr=R.choices(['monthly','quarterly','yearly'],[30,25,45])[0]
    b=None if R.random()<.28 else R.choice(br)[0]
    po.append((k,f"P{iss.year}-{10000+k*3}",x[0],h,insd,b,iso(iss),iso(st),iso(end),iso(can),status,pm,round(x[6]*R.choice([.5,.75,1,1,1.25,1.5,2])),R.choice([0,100,150,250,500]),fr,iso(min(max(y for y in(iss,can or iss)),END)+D.timedelta(0))+' 17:30:00'))
    cs=R.sample(CV[x[2]],R.randint(1,len(CV[x[2]])));w=[R.random()+.3 for _ in cs]
    for cc,ww in zip(cs,w): pcv.append((len(pcv)+1,k,cc,R.choice([5000,10000,25000,50000,100000]),round(pm*ww/sum(w),2)))
    step={'monthly':1,'quarterly':3,'yearly':12}[fr]; m=0
    while 1:
        y=st.year+(st.month-1+m)//12;mo=(st.month-1+m)%12+1;idt=D.date(y,mo,min(st.day,28))
        if idt>END or (end and idt>=end) or (can and idt>=can): break
        if fr!='monthly' or True:
            due=idt+D.timedelta(21);v=int(R.random()<.02)
            pd=due+D.timedelta(R.randint(-18,20)) if R.random()<(.97 if idt<D.date(2026,6,1) else .9) else None
            if v or (pd and pd>END): pd=None
            inv.append((k,iso(idt),iso(due),iso(pd),round(pm*step/12,2),v))
        m+=step
ins('Policy',po);ins('PolicyCover',pcv)
inv.sort(key=lambda x:(x[1],x[0]));ins('PremiumInvoice',[(i,*x) for i,x in enumerate(inv,1)])
CA=dict(ACC='Road accident',THF='Theft or burglary',WTR='Burst pipe',FIR='Fire',STO='Storm and hail',GLA='Glass breakage',INJ='Bodily injury',MED='Medical emergency',LGL='Legal dispute',OTH='Other')
ins('ClaimCause',list(CA.items()))
ins('ClaimStatus',[('O','Open'),('S','Settled'),('R','Rejected'),('W','Withdrawn'),('I','In review')])
CL={'Motor':['ACC','ACC','ACC','THF','GLA','STO'],'Household':['WTR','WTR','THF','FIR','STO','GLA'],'Travel':['MED','THF','OTH'],'Liability':['INJ','LGL','OTH'],'Pet':['MED']}
TEAM={'Motor':'Motor Claims','Household':'Property Claims','Travel':'Property Claims','Liability':'Liability Claims','Pet':'Property Claims'}
lob={x[0]:x[2] for x in PR};rows=[]
while len(rows)<1050:
    x=R.choice(po);s=D.date.fromisoformat(x[7]);e=min(z for z in(x[8] or '9',x[9] or '9',iso(END)))
    e=D.date.fromisoformat(e)
    if s>=e or R.random()>{'Motor':.9,'Household':.7,'Travel':.6,'Liability':.4,'Pet':.7}[lob[x[2]]]: continue
    ld=dd(s,e);rp=ld+D.timedelta(int(R.expovariate(1/9)))
    if rp>END: continue
    L=lob[x[2]]
    old=(END-rp).days;closed=R.random()<min(.97,old/120)
    st=R.choices(['S','R','W'],[76,16,8])[0] if closed else R.choice(['O','O','I'])
    cd=min(rp+D.timedelta(10+int(R.expovariate(1/40))),END) if closed else None
    T=[q for q in em if q[2]==TEAM[L] and (q[5] is None or (cd is not None and iso(cd)<q[5]))]
    lead=[q for q in T if q[3]=='Team Lead'][0]
    size=R.lognormvariate({'Motor':7.2,'Household':7,'Travel':6,'Liability':8.2,'Pet':5.5}[L],.8)
    rows.append([x[0],R.choice(CL[L]),st,iso(ld),iso(rp),iso(cd),R.choice(T)[0],lead[0] if closed else None,round(size*R.uniform(.8,1.4),-1) if not closed else 0,int(R.random()<.11),iso(cd or rp)+' 08:15:00',size])
rows.sort(key=lambda r:(r[4],r[0]));cp=[];cl=[]
for i,r in enumerate(rows,1):
    cl.append((i,f"C{r[4][:4]}-{20000+i}",*r[:11]))
    rp=D.date.fromisoformat(r[4]);cd=D.date.fromisoformat(r[5]) if r[5] else None
    n=R.choice([1,1,2,3]) if r[2]=='S' else (R.choice([0,0,1]) if r[2] in 'OI' else 0)
    for k in range(n):
        d=dd(rp+D.timedelta(3),cd or END)
        if d<=END: cp.append((i,iso(d),'indemnity' if k==0 or R.random()<.5 else 'expense',round(r[11]/n*R.uniform(.8,1.2)*(.4 if r[2] in 'OI' else 1),2)))
ins('Claim',cl);cp.sort(key=lambda x:(x[1],x[0]));ins('ClaimPayment',[(i,*x) for i,x in enumerate(cp,1)])
c.commit();c.execute('VACUUM')
for t, in c.execute("select name from sqlite_master where type='table'").fetchall(): print(t,c.execute(f'select count(*) from {t}').fetchone()[0])
print(c.execute('select PolicyStatus,count(*),min(EndDate),max(EndDate),max(StartDate) from Policy group by 1').fetchall())
print(c.execute('select StatusCode,count(*) from Claim group by 1').fetchall())
print(c.execute("select count(*) from Policy where PolicyStatus='Active' and EndDate<'2026-11-22'").fetchall(), c.execute("select count(*) from Policy where PolicyStatus='Active' and EndDate like '2026-12%'").fetchall())
